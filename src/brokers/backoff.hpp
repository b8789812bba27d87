// Pauses between tries: each up to twice as long as the one before, up to a maximum. A random part
// of each is left out, so that nodes which lost one broker do not all come back at once.
#pragma once

#include <algorithm>
#include <chrono>
#include <random>

namespace reef::brokers {

class Backoff {
public:
    Backoff(std::chrono::nanoseconds min, std::chrono::nanoseconds max,
            std::uint32_t seed = std::random_device{}())
        : min_(min), max_(max), random_(seed) {}

    std::chrono::nanoseconds next() {
        std::uniform_int_distribution<std::int64_t> length{pause_.count() / 2, pause_.count()};
        const std::chrono::nanoseconds pause{length(random_)};
        pause_ = std::min(pause_ * 2, max_);
        return pause;
    }
    void reset() { pause_ = min_; }
    bool is_first() const { return pause_ == min_; }

private:
    const std::chrono::nanoseconds min_;
    const std::chrono::nanoseconds max_;
    std::chrono::nanoseconds pause_ = min_;
    std::minstd_rand random_;
};

}  // namespace reef::brokers
