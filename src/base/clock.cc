#include "base/clock.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
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

    Task<void> sleep(std::chrono::nanoseconds duration) override {
        const auto executor = co_await asio::this_coro::executor;
        asio::steady_timer timer{executor, duration};
        boost::system::error_code failed;
        co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, failed));
        if (failed) co_return Error{Errc::closed, "the wait was cancelled"};
        co_return Result<void>{};
    }
};

}  // namespace

Clock& system_clock() {
    static SystemClock clock;
    return clock;
}

}  // namespace reef
