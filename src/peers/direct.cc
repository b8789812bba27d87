#include "peers/direct.hpp"

#include "base/log.hpp"
#include "model/abridged.hpp"
#include "peers/feed_lines.hpp"
#include "peers/refusal.hpp"

namespace reef::peers {

namespace {

constexpr std::size_t refusal_bytes_max = 64 << 10;
// Of what a feed is asked for in a URL, where nodes of earlier versions look for it. Longer: in the
// body, since a position of many origins is longer than a URL may be.
constexpr std::size_t query_bytes_max = 4 << 10;
constexpr const char* changes_path = "/_atoll/changes";

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
            auto arrival =
                parse_line(text_.substr(begin, end - begin), last_beat_ ? &*last_beat_ : nullptr);
            if (!arrival) return arrival.error();
            if (const auto* beat = std::get_if<Beat>(&*arrival)) last_beat_ = *beat;
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
    std::string text_;          // what has arrived of lines that have no end yet
    std::size_t searched_ = 0;  // no line ends before this
    std::optional<Beat> last_beat_;
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
        std::string target = std::string{beats_path} + '?' + brief_beats + "=1";
        for (std::size_t i = 0; i < peer_.members.size(); ++i)
            target += (i == 0 ? "&members=" : ",") + peer_.members[i];
        auto call = make_call(peer_, http::Method::get, std::move(target));
        auto feed = co_await begin_on(std::move(*connection), std::move(call));
        if (feed || feed.error().code != Errc::invalid) co_return feed;
        // It knows no such call, or no such app: the feed of changes finds out which.
        co_return Error{Errc::not_found, feed.error().what};
    }

private:
    Task<std::unique_ptr<Feed>> begin_feed(std::string wanted) {
        auto connection = co_await connect(peer_, times_.connect);
        if (!connection) co_return connection.error();
        auto call = changes_call(wanted);
        co_return co_await begin_on(std::move(*connection), std::move(call));
    }

    Task<std::unique_ptr<Feed>> begin_on(std::unique_ptr<http::ClientConnection> connection,
                                         http::Call call) {
        auto feed = std::make_unique<DirectFeed>(peer_, std::move(connection), times_);
        auto begun = co_await feed->begin(std::move(call));
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

}  // namespace

std::unique_ptr<Source> make_direct_source(PeerAddress peer, DirectTimes times) {
    return std::make_unique<DirectSource>(std::move(peer), times);
}

}  // namespace reef::peers
