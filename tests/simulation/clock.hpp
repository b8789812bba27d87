// A node's clock in virtual time, wrong by its skew.
#pragma once

#include <functional>

#include "base/clock.hpp"
#include "world.hpp"

namespace reef::simulation {

class VirtualClock final : public Clock {
public:
    // `run` is how something happens on the clock's node: not while it is paused, nor after its
    // end.
    using Run = std::function<void(std::function<void()>)>;
    VirtualClock(World& world, const Nanoseconds& skew, Run run)
        : world_(world), skew_(skew), run_(std::move(run)) {}

    Time now() const override;
    Nanoseconds steady() const override { return world_.now(); }
    std::shared_ptr<asio::steady_timer> timer(asio::any_io_executor executor,
                                              Nanoseconds duration) override;

private:
    World& world_;
    const Nanoseconds& skew_;
    const Run run_;
};

// The moment that all clocks would show if they were right.
Time true_time(const World& world);

}  // namespace reef::simulation
