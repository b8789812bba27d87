#include "peers/calls.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <deque>
#include <optional>

namespace reef::peers {

namespace {

using std::chrono::milliseconds;

// An answer that nobody waits for any more keeps its connection busy no longer than this.
constexpr milliseconds answer_max{60'000};
constexpr std::size_t idle_connections_max = 64;
constexpr std::size_t spare_connections = 2;
constexpr std::chrono::seconds refreshed_after{15};
constexpr const char* cheap_path = "/livez";

class KeptCalls final : public PeerCalls {
public:
    explicit KeptCalls(PeerAddress peer) : pool_(std::make_shared<Pool>()) {
        pool_->peer = std::move(peer);
    }

    Task<Answer> post(std::string path, std::string body, Patience patience) override {
        auto call = post_call(std::move(path), std::move(body));
        co_return co_await ask(std::move(call), std::move(patience));
    }

    Task<Answer> get(std::string target, Patience patience) override {
        auto call = make_call(pool_->peer, http::Method::get, std::move(target));
        co_return co_await ask(std::move(call), std::move(patience));
    }

    Task<std::unique_ptr<AnswerLines>> post_lines(std::string path, std::string body,
                                                  milliseconds timeout) override {
        auto call = post_call(std::move(path), std::move(body));
        co_return co_await begin_lines(std::move(call), timeout);
    }

    Task<std::unique_ptr<AnswerLines>> get_lines(std::string target,
                                                 milliseconds timeout) override {
        auto call = make_call(pool_->peer, http::Method::get, std::move(target));
        co_return co_await begin_lines(std::move(call), timeout);
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

    http::Call post_call(std::string path, std::string body) const {
        auto call = make_call(pool_->peer, http::Method::post, std::move(path));
        call.headers += "Content-Type: application/json\r\n";
        call.body = std::move(body);
        return call;
    }

    Task<std::unique_ptr<AnswerLines>> begin_lines(http::Call call, milliseconds timeout) {
        auto connection = co_await connect(pool_->peer, connect_max);
        if (!connection) turn_to_next_process(pool_->peer);
        if (!connection) co_return connection.error();
        const std::size_t line_bytes_max = call.answer_bytes_max;
        const auto status = co_await (*connection)->begin(std::move(call), timeout);
        if (!status) co_return unavailable(pool_->peer, status.error().what);
        co_return make_lines(std::move(*connection), *status, line_bytes_max, timeout);
    }

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

Task<std::unique_ptr<AnswerLines>> PeerCalls::post_lines(std::string path, std::string body,
                                                         milliseconds timeout) {
    auto answer = co_await post(std::move(path), std::move(body), timeout);
    if (!answer) co_return answer.error();
    co_return make_lines(std::move(*answer));
}

Task<std::unique_ptr<AnswerLines>> PeerCalls::get_lines(std::string target, milliseconds timeout) {
    auto answer = co_await get(std::move(target), timeout);
    if (!answer) co_return answer.error();
    co_return make_lines(std::move(*answer));
}

std::unique_ptr<PeerCalls> make_peer_calls(PeerAddress peer) {
    return std::make_unique<KeptCalls>(std::move(peer));
}

}  // namespace reef::peers
