#include "base/watch.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace reef {

Watch::Watch(Clock& clock) : clock_(clock) {}

Watch::~Watch() = default;

// A coroutine that waits is told to look again on its own thread.
void Watch::notify() {
    std::list<std::shared_ptr<asio::steady_timer>> woken;
    {
        const std::lock_guard lock{mutex_};
        generation_.fetch_add(1, std::memory_order_release);
        woken.swap(waiting_);
    }
    for (const auto& waiter : woken) {
        asio::post(waiter->get_executor(), [waiter] { waiter->cancel(); });
    }
}

Task<void> Watch::wait_beyond(std::uint64_t seen, std::chrono::nanoseconds timeout) {
    const auto executor = co_await asio::this_coro::executor;
    const auto waiter = clock_.timer(executor, timeout);
    {
        const std::lock_guard lock{mutex_};
        if (generation() > seen) co_return Result<void>{};
        waiting_.push_back(waiter);
    }
    boost::system::error_code woken;
    co_await waiter->async_wait(asio::redirect_error(asio::use_awaitable, woken));
    if (generation() > seen) co_return Result<void>{};
    const std::lock_guard lock{mutex_};
    waiting_.remove(waiter);
    co_return Error{Errc::timeout, "nothing has happened in time"};
}

}  // namespace reef
