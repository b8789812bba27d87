// Which replica answers a read: by turns, by chance, or none. Pure, but for its memory of whose
// turn it is.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <random>
#include <vector>

#include "config/app.hpp"

namespace reef::node {

struct Candidate {  // a replica, as it is known to be
    bool takes_reads = false;
    std::chrono::nanoseconds age{};  // so far it may be behind
};

class ReadPolicy {
public:
    ReadPolicy(config::Spread spread, std::chrono::nanoseconds age_max, std::uint64_t seed)
        : spread_(spread), age_max_(age_max), random_(seed) {}

    // Absent: the primary. Where `staleness_max` is given, it counts if it is less than the
    // policy's own. `has` is asked of those that are fresh enough: whether one has what the read
    // must show.
    std::optional<std::size_t> choose(const std::vector<Candidate>& replicas,
                                      std::optional<std::chrono::nanoseconds> staleness_max,
                                      const std::function<bool(std::size_t)>& has);

    std::chrono::nanoseconds age_max() const { return age_max_; }

private:
    const config::Spread spread_;
    const std::chrono::nanoseconds age_max_;
    std::mt19937_64 random_;
    std::size_t turn_ = 0;
};

}  // namespace reef::node
