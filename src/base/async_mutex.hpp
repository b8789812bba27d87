// A lock for coroutines: whoever waits for it suspends, and its thread goes on. It may be held
// across co_await, which a std::mutex may not.
#pragma once

#include <chrono>
#include <memory>
#include <optional>

#include "base/clock.hpp"

namespace reef {

// Used by coroutines of one executor alone. Those that wait get it in the order in which they came.
class AsyncMutex {
    struct State;

public:
    // Holds the mutex until it is destroyed; the one that waits longest gets it then. It may
    // outlive the mutex.
    class Lock {
    public:
        Lock(Lock&& other) noexcept = default;
        Lock& operator=(Lock&& other) = delete;
        ~Lock();

    private:
        friend class AsyncMutex;
        explicit Lock(std::shared_ptr<State> state);
        std::shared_ptr<State> state_;
    };

    AsyncMutex();
    ~AsyncMutex();
    AsyncMutex(const AsyncMutex&) = delete;
    AsyncMutex& operator=(const AsyncMutex&) = delete;

    // closed: the waiting coroutine was cancelled. It has left the queue.
    Task<Lock> lock();
    // timeout: the mutex was not free within `timeout`, or the waiting coroutine was cancelled.
    Task<Lock> lock(Clock& clock, std::chrono::nanoseconds timeout);
    // Absent: somebody holds it.
    std::optional<Lock> try_lock();

private:
    Task<Lock> wait(std::shared_ptr<asio::steady_timer> timer, Error otherwise);

    const std::shared_ptr<State> state_;
};

}  // namespace reef
