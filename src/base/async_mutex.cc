#include "base/async_mutex.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <list>
#include <utility>

namespace reef {

struct AsyncMutex::State {
    // A coroutine that waits. It sleeps on its timer, and is woken by the end of that.
    struct Waiter {
        std::shared_ptr<asio::steady_timer> timer;
        bool owns = false;   // the mutex was handed to it …
        bool queued = true;  // … or may still be
    };

    bool locked = false;
    std::list<Waiter*> waiting;  // the one that has waited longest is first

    // The mutex stays locked when it is handed on: nobody can slip in before the next one resumes.
    void unlock() {
        if (waiting.empty()) {
            locked = false;
            return;
        }
        Waiter& next = *waiting.front();
        waiting.pop_front();
        next.owns = true;
        next.queued = false;
        next.timer->cancel();
    }
};

AsyncMutex::Lock::Lock(std::shared_ptr<State> state) : state_(std::move(state)) {}

AsyncMutex::Lock::~Lock() {
    if (state_) state_->unlock();
}

AsyncMutex::AsyncMutex() : state_(std::make_shared<State>()) {}

AsyncMutex::~AsyncMutex() = default;

std::optional<AsyncMutex::Lock> AsyncMutex::try_lock() {
    if (std::exchange(state_->locked, true)) return std::nullopt;
    return Lock{state_};
}

Task<AsyncMutex::Lock> AsyncMutex::lock() {
    if (auto lock = try_lock()) co_return std::move(*lock);
    const auto executor = co_await asio::this_coro::executor;
    auto never =
        std::make_shared<asio::steady_timer>(executor, asio::steady_timer::time_point::max());
    Error cancelled{Errc::closed, "the wait was cancelled"};
    co_return co_await wait(std::move(never), std::move(cancelled));
}

Task<AsyncMutex::Lock> AsyncMutex::lock(Clock& clock, std::chrono::nanoseconds timeout) {
    if (auto lock = try_lock()) co_return std::move(*lock);
    const auto executor = co_await asio::this_coro::executor;
    auto timer = clock.timer(executor, timeout);
    Error late{Errc::timeout, "it was not free within its time"};
    co_return co_await wait(std::move(timer), std::move(late));
}

Task<AsyncMutex::Lock> AsyncMutex::wait(std::shared_ptr<asio::steady_timer> timer,
                                        Error otherwise) {
    // Leaves the queue however the wait ends, also when the coroutine is destroyed in it. Then a
    // mutex that it was just handed goes to the next one.
    struct Queued : State::Waiter {
        Queued(std::shared_ptr<State> of, std::shared_ptr<asio::steady_timer> by)
            : State::Waiter{std::move(by)}, state(std::move(of)) {
            state->waiting.push_back(this);
        }
        Queued(const Queued&) = delete;
        Queued& operator=(const Queued&) = delete;
        ~Queued() {
            if (owns) {
                state->unlock();
            } else if (queued) {
                state->waiting.remove(this);
            }
        }
        const std::shared_ptr<State> state;
    };
    Queued queued{state_, std::move(timer)};
    boost::system::error_code woken;
    co_await queued.timer->async_wait(asio::redirect_error(asio::use_awaitable, woken));
    // The timer's end and the hand-over may come together: the hand-over counts.
    if (!std::exchange(queued.owns, false)) co_return otherwise;
    co_return Lock{queued.state};
}

}  // namespace reef
