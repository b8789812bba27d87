// Latencies in nanoseconds, counted in logarithmic buckets: 64 to each power of two, so that a
// percentile is at most 1.6 % too high. Plain data: one per thread, merged at the end.
#pragma once

#include <array>
#include <cstdint>

namespace reef::bench {

class Histogram {
public:
    void add(std::int64_t latency_ns);
    void merge(const Histogram& other);

    std::uint64_t count() const { return count_; }
    std::int64_t max_ns() const { return max_ns_; }
    // The latency that `share` (0 … 1) of all stayed within; 0 when there are none.
    std::int64_t percentile_ns(double share) const;

private:
    static constexpr unsigned split_bits = 6;
    static constexpr unsigned powers = 42;  // up to 2^42 ns, over an hour

    std::array<std::uint64_t, (powers - split_bits + 1) << split_bits> buckets_{};
    std::uint64_t count_ = 0;
    std::int64_t max_ns_ = 0;
};

}  // namespace reef::bench
