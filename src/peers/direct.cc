#include "peers/direct.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <deque>

#include "base/log.hpp"
#include "model/abridged.hpp"
#include "peers/feed_lines.hpp"
#include "peers/refusal.hpp"

namespace reef::peers {

namespace {

constexpr std::size_t idle_connections_max = 64;
constexpr std::size_t refusal_bytes_max = 64 << 10;
// Of what a feed is asked for in a URL, where nodes of earlier versions look for it. Longer: in the
// body, since a position of many origins is longer than a URL may be.
constexpr std::size_t query_bytes_max = 4 << 10;
constexpr const char* changes_path = "/_atoll/changes";
// A piece of rows, and a record of the largest size at its end.
constexpr std::size_t answer_bytes_max = model::line_bytes_max + (8 << 20);

using std::chrono::milliseconds;

Error unavailable(const PeerAddress& peer, std::string_view what) {
    return {Errc::unavailable,
            peer.node + " at " + peer.host + ':' + peer.port + ": " + std::string{what}};
}

// The next call goes to the next of the peer's processes.
void turn_to_next_process(PeerAddress& peer) {
    if (peer.more.empty()) return;
    peer.more.push_back({peer.host, peer.port});
    peer.host = peer.more.front().host;
    peer.port = peer.more.front().port;
    peer.more.erase(peer.more.begin());
}

Task<std::unique_ptr<http::ClientConnection>> connect(PeerAddress peer, milliseconds timeout) {
    http::HostPort server{peer.host, peer.port};
    auto connection = co_await http::connect(std::move(server), timeout);
    if (connection) co_return connection;
    Error error = unavailable(peer, connection.error().what);
    if (connection.error().code == Errc::refused) error.code = Errc::refused;
    co_return error;
}

http::Call make_call(const PeerAddress& peer, http::Method method, std::string target) {
    http::Call call{method, std::move(target)};
    call.answer_bytes_max = answer_bytes_max;
    call.headers =
        "Atoll-Peer: " + peer.self + "\r\nAtoll-Schema: " + peer.agreement->id() + "\r\n";
    if (!peer.run.empty()) call.headers += "Atoll-Run: " + peer.run + "\r\n";
    if (!peer.secret.empty()) call.headers += "Atoll-Peer-Secret: " + peer.secret + "\r\n";
    return call;
}

// The body of a feed's answer arrives in pieces that have nothing to do with its lines.
class DirectFeed final : public Feed {
public:
    DirectFeed(PeerAddress peer, std::unique_ptr<http::ClientConnection> connection,
               DirectTimes times)
        : peer_(std::move(peer)), times_(times), connection_(std::move(connection)) {}

    Task<void> begin(http::Call call) {
        const auto status = co_await connection_->begin(std::move(call), times_.silence);
        if (!status) co_return unavailable(peer_, status.error().what);
        if (*status == 410) {
            co_return Error{Errc::not_found, peer_.node + "'s log no longer holds what follows"};
        }
        if (*status == 200) co_return Result<void>{};
        if (*status == 409) {
            co_return Error{Errc::conflict, peer_.node + " hears another process of this node"};
        }
        const std::string body = co_await read_refusal();
        Error refused = unavailable(peer_, refusal_text(*status, body));
        if (*status == 404) refused.code = Errc::invalid;  // it knows another app than this node
        co_return refused;
    }

    Task<std::vector<Arrival>> next() override {
        std::vector<Arrival> arrivals;
        while (arrivals.empty()) {
            const auto bytes = co_await connection_->read_some(times_.silence);
            if (!bytes && bytes.error().code == Errc::timeout) {
                co_return Error{Errc::timeout, peer_.node + " is silent"};
            }
            if (!bytes) co_return unavailable(peer_, bytes.error().what);
            if (bytes->empty()) co_return unavailable(peer_, "it hung up");
            if (auto read = take(*bytes, arrivals); !read) co_return read.error();
        }
        co_return arrivals;
    }

private:
    asio::awaitable<std::string> read_refusal() {
        std::string body;
        while (body.size() < refusal_bytes_max) {
            const auto bytes = co_await connection_->read_some(times_.silence);
            if (!bytes || bytes->empty()) break;
            body += *bytes;
        }
        co_return body;
    }

    Result<void> take(std::string_view bytes, std::vector<Arrival>& arrivals) {
        if (too_long_) {
            const std::size_t end = std::min(bytes.find('\n'), bytes.size());
            too_long_->add(bytes.substr(0, end));
            if (end == bytes.size()) return {};
            if (auto read = finish_too_long(arrivals); !read) return read;
            bytes.remove_prefix(end + 1);
        }
        text_ += bytes;
        if (auto read = take_lines(arrivals); !read) return read;
        if (text_.size() <= times_.line_bytes_max) return {};
        // No more of it is kept than names the change.
        too_long_.emplace().add(text_);
        std::string{}.swap(text_);
        searched_ = 0;
        return {};
    }

    Result<void> finish_too_long(std::vector<Arrival>& arrivals) {
        auto line = too_long_->finish();
        const std::uint64_t size = too_long_->bytes();
        too_long_.reset();
        if (!line) return Error{Errc::invalid, peer_.node + " sent a line that is no change"};
        log::error("A peer's change is longer than any may be: it is parked",
                   {{"peer", peer_.node}, {"bytes", size}});
        arrivals.emplace_back(std::move(*line));
        return {};
    }

    Result<void> take_lines(std::vector<Arrival>& arrivals) {
        std::size_t begin = 0;
        for (;;) {
            const std::size_t end = text_.find('\n', std::max(begin, searched_));
            if (end == std::string::npos) break;
            auto arrival = parse_line(text_.substr(begin, end - begin));
            if (!arrival) return arrival.error();
            arrivals.push_back(std::move(*arrival));
            begin = end + 1;
        }
        text_.erase(0, begin);
        searched_ = text_.size();
        return {};
    }

    const PeerAddress peer_;
    const DirectTimes times_;
    std::unique_ptr<http::ClientConnection> connection_;
    std::string text_;                          // what has arrived of lines that have no end yet
    std::size_t searched_ = 0;                  // no line ends before this
    std::optional<model::Abridging> too_long_;  // the line whose end is awaited, if it is one
};

class DirectSource final : public Source {
public:
    DirectSource(PeerAddress peer, DirectTimes times) : peer_(std::move(peer)), times_(times) {}

    Task<std::unique_ptr<Feed>> open(model::Position after,
                                     std::vector<std::string> without) override {
        // A process that goes silent is not asked again before the others.
        if (std::exchange(opened_, true)) turn_to_next_process(peer_);
        std::string wanted = "after=" + model::to_text(after) + "&without=";
        for (const std::string& node : without)
            wanted += node + ',';
        auto feed = co_await begin_feed(wanted);
        const bool differs = !feed && feed.error().code == Errc::invalid;
        if (!differs) co_return feed;
        Result<void> agreed = co_await agree(feed.error());
        if (!agreed) co_return agreed.error();
        auto again = co_await begin_feed(std::move(wanted));
        co_return again;
    }

    Task<std::unique_ptr<Feed>> open_beats() override {
        auto connection = co_await connect(peer_, times_.connect);
        if (!connection) turn_to_next_process(peer_);
        if (!connection) co_return connection.error();
        auto feed = std::make_unique<DirectFeed>(peer_, std::move(*connection), times_);
        auto begun = co_await feed->begin(make_call(peer_, http::Method::get, beats_path));
        // It knows no such call, or no such app: the feed of changes finds out which.
        const bool unknown = !begun && begun.error().code == Errc::invalid;
        if (unknown) co_return Error{Errc::not_found, begun.error().what};
        if (!begun) co_return begun.error();
        co_return std::unique_ptr<Feed>{std::move(feed)};
    }

private:
    Task<std::unique_ptr<Feed>> begin_feed(std::string wanted) {
        auto connection = co_await connect(peer_, times_.connect);
        if (!connection) co_return connection.error();
        auto feed = std::make_unique<DirectFeed>(peer_, std::move(*connection), times_);
        auto begun = co_await feed->begin(changes_call(wanted));
        if (!begun) co_return begun.error();
        co_return std::unique_ptr<Feed>{std::move(feed)};
    }

    http::Call changes_call(const std::string& wanted) const {
        if (wanted.size() <= query_bytes_max) {
            return make_call(peer_, http::Method::get, std::string{changes_path} + '?' + wanted);
        }
        auto call = make_call(peer_, http::Method::post, changes_path);
        call.headers += "Content-Type: application/x-www-form-urlencoded\r\n";
        call.body = wanted;
        return call;
    }

    // Its app differs from ours, or has no node of our name.
    Task<void> agree(Error refused) {
        auto connection = co_await connect(peer_, times_.connect);
        if (!connection) co_return connection.error();
        auto call = make_call(peer_, http::Method::get, "/_atoll/schema");
        auto answer = co_await (*connection)->exchange(std::move(call), times_.silence);
        if (!answer) co_return unavailable(peer_, answer.error().what);
        if (answer->status != 200) co_return refused;  // an earlier build: it does not say more
        const std::string before = peer_.agreement->id();
        Result<void> taken = peer_.agreement->take(answer->body);
        if (!taken) co_return unavailable(peer_, taken.error().what);
        if (peer_.agreement->id() == before) co_return refused;
        co_return taken;
    }

    PeerAddress peer_;
    const DirectTimes times_;
    bool opened_ = false;
};

constexpr milliseconds connect_max{3000};
// An answer that nobody waits for any more keeps its connection busy no longer than this.
constexpr milliseconds answer_max{60'000};
constexpr std::size_t spare_connections = 2;
constexpr std::chrono::seconds refreshed_after{15};
constexpr const char* cheap_path = "/_atoll/schema";

class KeptCalls final : public PeerCalls {
public:
    explicit KeptCalls(PeerAddress peer) : pool_(std::make_shared<Pool>()) {
        pool_->peer = std::move(peer);
    }

    Task<Answer> post(std::string path, std::string body, Patience patience) override {
        auto call = make_call(pool_->peer, http::Method::post, std::move(path));
        call.headers += "Content-Type: application/json\r\n";
        call.body = std::move(body);
        co_return co_await ask(std::move(call), std::move(patience));
    }

    Task<Answer> get(std::string target, Patience patience) override {
        auto call = make_call(pool_->peer, http::Method::get, std::move(target));
        co_return co_await ask(std::move(call), std::move(patience));
    }

    asio::awaitable<void> keep_warm() override {
        auto& idle = pool_->idle;
        const auto old = std::chrono::steady_clock::now() - refreshed_after;
        while (idle.size() > spare_connections && idle.front().since < old)
            idle.pop_front();
        for (std::size_t left = spare_connections; left > 0; --left) {
            const bool enough = idle.size() >= spare_connections;
            if (enough && idle.front().since >= old) co_return;
            // The next call takes the last one: the oldest, or, where it is in use, a new one.
            Idle taken;
            if (!enough && !idle.empty()) {
                taken = std::move(idle.back());
                idle.pop_back();
            } else if (enough) {
                idle.push_back(std::move(idle.front()));
                idle.pop_front();
            }
            auto call = make_call(pool_->peer, http::Method::get, cheap_path);
            auto answer = co_await ask(std::move(call), connect_max);
            if (taken.connection) idle.push_front(std::move(taken));
            if (!answer) co_return;
        }
    }

private:
    struct Idle {
        std::unique_ptr<http::ClientConnection> connection;
        std::chrono::steady_clock::time_point since;
    };

    // Outlives the calls' owner as long as an answer is on its way.
    struct Pool {
        PeerAddress peer;
        std::deque<Idle> idle;  // the one that was used last is at the end
    };

    // One call: who asks waits for it, and may give it up.
    struct Asked {
        explicit Asked(const asio::any_io_executor& on)
            : timer(on, asio::steady_timer::time_point::max()) {}
        asio::steady_timer timer;  // who waits for the answer
        std::optional<Result<Answer>> answer;
        http::ClientConnection* connection = nullptr;  // while it is in use
        bool given_up = false;
    };

    Task<Answer> ask(http::Call call, Patience patience) {
        const auto executor = co_await asio::this_coro::executor;
        const auto asked = std::make_shared<Asked>(executor);
        asio::co_spawn(executor, carry_out(pool_, asked, std::move(call)), asio::detached);
        const auto until = std::chrono::steady_clock::now() + patience.timeout;
        while (!asked->answer) {
            std::chrono::nanoseconds left = until - std::chrono::steady_clock::now();
            const bool late = left <= left.zero();
            if (patience.silent_in) left = std::min(left, patience.silent_in());
            if (left <= left.zero()) {
                if (!late) give_up(*asked);
                co_return Error{Errc::outcome_unknown, "no answer in time"};
            }
            boost::system::error_code woken;
            asked->timer.expires_after(left);
            co_await asked->timer.async_wait(asio::redirect_error(asio::use_awaitable, woken));
        }
        co_return std::move(*asked->answer);
    }

    static void give_up(Asked& asked) {
        asked.given_up = true;
        if (asked.connection) asked.connection->close();
    }

    static asio::awaitable<void> carry_out(std::shared_ptr<Pool> pool, std::shared_ptr<Asked> asked,
                                           http::Call call) {
        Result<Answer> answer = co_await call_peer(*pool, *asked, std::move(call));
        if (!answer && !pool->peer.more.empty()) {
            pool->idle.clear();
            turn_to_next_process(pool->peer);
        }
        if (!answer && answer.error().code == Errc::closed)
            answer = Error{Errc::outcome_unknown, answer.error().what};
        if (!answer && answer.error().code == Errc::refused)
            answer = Error{Errc::unavailable, answer.error().what};
        asked->answer.emplace(std::move(answer));
        asked->timer.cancel();
    }

    static Task<Answer> call_peer(Pool& pool, Asked& asked, http::Call call) {
        // The peer closed a kept connection: most often it was idle, but the peer may have died
        // after it read the call. The call is made once more. That is safe, since a write bears
        // the id of its request.
        const bool kept = !pool.idle.empty();
        auto answer = co_await try_once(pool, asked, call);
        const bool stale = !answer && answer.error().code == Errc::closed;
        if (!stale || !kept || asked.given_up) co_return answer;
        pool.idle.clear();
        co_return co_await try_once(pool, asked, call);
    }

    static Task<Answer> try_once(Pool& pool, Asked& asked, http::Call call) {
        std::unique_ptr<http::ClientConnection> connection;
        if (!pool.idle.empty()) {
            connection = std::move(pool.idle.back().connection);
            pool.idle.pop_back();
        } else {
            auto opened = co_await connect(pool.peer, connect_max);
            if (!opened) co_return opened.error();
            connection = std::move(*opened);
        }
        if (asked.given_up) co_return Error{Errc::unavailable, "given up"};
        asked.connection = connection.get();
        auto answer = co_await connection->exchange(std::move(call), answer_max);
        asked.connection = nullptr;
        if (connection->is_reusable() && pool.idle.size() < idle_connections_max)
            pool.idle.push_back({std::move(connection), std::chrono::steady_clock::now()});
        co_return answer;
    }

    const std::shared_ptr<Pool> pool_;
};

}  // namespace

std::unique_ptr<Source> make_direct_source(PeerAddress peer, DirectTimes times) {
    return std::make_unique<DirectSource>(std::move(peer), times);
}

std::unique_ptr<PeerCalls> make_peer_calls(PeerAddress peer) {
    return std::make_unique<KeptCalls>(std::move(peer));
}

}  // namespace reef::peers
