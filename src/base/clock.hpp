// The clock that everything below the API reads and waits by, so that the simulation can supply
// another: nothing there makes a timer of its own that has a deadline.
#pragma once

#include <boost/asio/steady_timer.hpp>
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
    // Its wait ends after `duration`, or when it is cancelled: whoever waits looks which of the two
    // it was. Used on `executor`.
    virtual std::shared_ptr<asio::steady_timer> timer(asio::any_io_executor executor,
                                                      std::chrono::nanoseconds duration) = 0;
    // closed when the waiting coroutine was cancelled.
    Task<void> sleep(std::chrono::nanoseconds duration);
};

// The machine's clock. Stateless: one instance serves all threads.
Clock& system_clock();

}  // namespace reef
