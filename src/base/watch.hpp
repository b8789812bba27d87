// A count that goes up whenever something has happened, and coroutines that wait for it to.
#pragma once

#include <atomic>
#include <chrono>
#include <list>
#include <memory>
#include <mutex>

#include "base/clock.hpp"

namespace reef {

// From any thread. A waiter resumes on its own executor.
class Watch {
public:
    explicit Watch(Clock& clock);  // deadlines are by this clock
    ~Watch();
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

    std::uint64_t generation() const { return generation_.load(std::memory_order_acquire); }
    void notify();
    // Returns once generation() is above `seen`; timeout: not within `timeout`.
    Task<void> wait_beyond(std::uint64_t seen, std::chrono::nanoseconds timeout);

private:
    Clock& clock_;
    std::atomic<std::uint64_t> generation_{1};
    std::mutex mutex_;  // guards waiting_
    std::list<std::shared_ptr<asio::steady_timer>> waiting_;
};

}  // namespace reef
