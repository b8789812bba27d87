#include "base/clock.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace reef {

namespace {

class SystemClock final : public Clock {
public:
    Time now() const override {
        const auto since = std::chrono::system_clock::now().time_since_epoch();
        return {std::chrono::duration_cast<std::chrono::microseconds>(since).count()};
    }

    std::chrono::nanoseconds steady() const override {
        return std::chrono::steady_clock::now().time_since_epoch();
    }

    std::shared_ptr<asio::steady_timer> timer(asio::any_io_executor executor,
                                              std::chrono::nanoseconds duration) override {
        return std::make_shared<asio::steady_timer>(executor, duration);
    }
};

}  // namespace

Task<void> Clock::sleep(std::chrono::nanoseconds duration) {
    const auto until = steady() + duration;
    const auto executor = co_await asio::this_coro::executor;
    const auto waiting = timer(executor, duration);
    boost::system::error_code woken;
    co_await waiting->async_wait(asio::redirect_error(asio::use_awaitable, woken));
    if (steady() < until) co_return Error{Errc::closed, "the wait was cancelled"};
    co_return Result<void>{};
}

Clock& system_clock() {
    static SystemClock clock;
    return clock;
}

}  // namespace reef
