#include "base/watch.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace reef {

// A coroutine that waits: its timer is cancelled, on its own thread, when it is to look again.
struct Watch::Waiter {
    explicit Waiter(const asio::any_io_executor& executor) : timer(executor) {}
    asio::steady_timer timer;
};

Watch::Watch() = default;

Watch::~Watch() = default;

void Watch::notify() {
    std::list<std::shared_ptr<Waiter>> woken;
    {
        const std::lock_guard lock{mutex_};
        generation_.fetch_add(1, std::memory_order_release);
        woken.swap(waiting_);
    }
    for (const auto& waiter : woken) {
        asio::post(waiter->timer.get_executor(), [waiter] { waiter->timer.cancel(); });
    }
}

Task<void> Watch::wait_beyond(std::uint64_t seen, std::chrono::nanoseconds deadline) {
    const auto executor = co_await asio::this_coro::executor;
    const auto waiter = std::make_shared<Waiter>(executor);
    waiter->timer.expires_after(std::chrono::duration_cast<asio::steady_timer::duration>(deadline));
    {
        const std::lock_guard lock{mutex_};
        if (generation() > seen) co_return Result<void>{};
        waiting_.push_back(waiter);
    }
    boost::system::error_code woken;
    co_await waiter->timer.async_wait(asio::redirect_error(asio::use_awaitable, woken));
    if (generation() > seen) co_return Result<void>{};
    const std::lock_guard lock{mutex_};
    waiting_.remove(waiter);
    co_return Error{Errc::timeout, "nothing has happened in time"};
}

}  // namespace reef
