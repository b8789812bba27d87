// Clocks whose time does not pass by itself, however slow this machine is.
#pragma once

#include <utility>

#include "base/clock.hpp"

namespace reef::test {

// Time passes when the test says so. What waits does wait.
class StoppedClock : public Clock {
public:
    Time now() const override { return Time{steady_.count() / 1000}; }
    std::chrono::nanoseconds steady() const override { return steady_; }
    void pass(std::chrono::nanoseconds duration) { steady_ += duration; }
    std::shared_ptr<asio::steady_timer> timer(asio::any_io_executor executor,
                                              std::chrono::nanoseconds duration) override {
        return system_clock().timer(std::move(executor), duration);
    }

private:
    std::chrono::nanoseconds steady_ = std::chrono::seconds{1};
};

// Time passes by what is waited for, and each wait is over at once.
class HastyClock final : public StoppedClock {
public:
    std::shared_ptr<asio::steady_timer> timer(asio::any_io_executor executor,
                                              std::chrono::nanoseconds duration) override {
        pass(duration);
        return StoppedClock::timer(std::move(executor), {});
    }
};

}  // namespace reef::test
