// The clock that everything below the API reads, so that the simulation can supply another.
#pragma once

#include <chrono>
#include <memory>

#include "base/task.hpp"
#include "base/time.hpp"

namespace reef {

class Clock {
public:
    virtual ~Clock() = default;
    virtual Time now() const = 0;                         // wall time; callable anywhere
    virtual std::chrono::nanoseconds steady() const = 0;  // never goes back
    // closed when the waiting coroutine was cancelled.
    virtual Task<void> sleep(std::chrono::nanoseconds duration) = 0;
};

// The machine's clock. Stateless: one instance serves all threads.
Clock& system_clock();

}  // namespace reef
