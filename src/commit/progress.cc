#include "commit/progress.hpp"

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <list>
#include <mutex>

namespace reef::commit {

using namespace model;

namespace {

// A coroutine that waits: its timer is cancelled, on its own thread, when it is to look again.
struct Waiter {
    explicit Waiter(const asio::any_io_executor& executor) : timer(executor) {}
    asio::steady_timer timer;
};

}  // namespace

struct Progress::Waiters {
    mutable std::mutex mutex;  // guards all below
    std::shared_ptr<const store::Ledger> ledger;
    std::list<std::shared_ptr<Waiter>> waiting;
};

Progress::Progress(const store::Ledger& ledger) : waiters_(std::make_unique<Waiters>()) {
    waiters_->ledger = std::make_shared<const store::Ledger>(ledger);
}

Progress::~Progress() = default;

void Progress::advance(const store::Ledger& ledger) {
    auto next = std::make_shared<const store::Ledger>(ledger);
    std::list<std::shared_ptr<Waiter>> woken;
    {
        const std::lock_guard lock{waiters_->mutex};
        waiters_->ledger = std::move(next);
        woken.swap(waiters_->waiting);
        generation_.fetch_add(1, std::memory_order_release);
    }
    for (const auto& waiter : woken) {
        asio::post(waiter->timer.get_executor(), [waiter] { waiter->timer.cancel(); });
    }
}

std::shared_ptr<const store::Ledger> Progress::ledger() const {
    const std::lock_guard lock{waiters_->mutex};
    return waiters_->ledger;
}

Task<void> Progress::wait_for(Position wanted, std::chrono::milliseconds deadline) {
    const auto executor = co_await asio::this_coro::executor;
    const auto until = std::chrono::steady_clock::now() + deadline;
    const auto waiter = std::make_shared<Waiter>(executor);
    for (;;) {
        {
            const std::lock_guard lock{waiters_->mutex};
            if (covers(waiters_->ledger->applied(), wanted)) co_return Result<void>{};
            if (std::chrono::steady_clock::now() >= until) break;
            waiter->timer.expires_at(until);
            waiters_->waiting.push_back(waiter);
        }
        boost::system::error_code woken;
        co_await waiter->timer.async_wait(asio::redirect_error(asio::use_awaitable, woken));
    }
    const std::lock_guard lock{waiters_->mutex};
    waiters_->waiting.remove(waiter);
    co_return Error{Errc::timeout, "this store has not come as far yet"};
}

Task<void> Progress::wait_beyond(std::uint64_t seen) {
    const auto executor = co_await asio::this_coro::executor;
    const auto waiter = std::make_shared<Waiter>(executor);
    for (;;) {
        {
            const std::lock_guard lock{waiters_->mutex};
            if (generation() > seen) co_return Result<void>{};
            waiter->timer.expires_at(asio::steady_timer::time_point::max());
            waiters_->waiting.push_back(waiter);
        }
        boost::system::error_code woken;
        co_await waiter->timer.async_wait(asio::redirect_error(asio::use_awaitable, woken));
    }
}

}  // namespace reef::commit
