#include "load_histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace reef::bench {

// Below 64 a bucket per value. Above, the highest bit chooses the power, the next six the bucket.
void Histogram::add(std::int64_t latency_ns) {
    const std::uint64_t limit = (std::uint64_t{1} << powers) - 1;
    const auto value =
        std::min(static_cast<std::uint64_t>(std::max<std::int64_t>(latency_ns, 0)), limit);
    const auto width = static_cast<unsigned>(std::bit_width(value));
    const unsigned shift = width > split_bits + 1 ? width - split_bits - 1 : 0;
    buckets_[(static_cast<std::uint64_t>(shift) << split_bits) + (value >> shift)] += 1;
    count_ += 1;
    max_ns_ = std::max(max_ns_, latency_ns);
}

void Histogram::merge(const Histogram& other) {
    for (std::size_t i = 0; i < buckets_.size(); ++i)
        buckets_[i] += other.buckets_[i];
    count_ += other.count_;
    max_ns_ = std::max(max_ns_, other.max_ns_);
}

std::int64_t Histogram::percentile_ns(double share) const {
    const auto wanted = static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(count_)));
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < buckets_.size(); ++i) {
        seen += buckets_[i];
        if (seen < wanted || seen == 0) continue;
        // Bucket i holds [low << shift, (low + 1) << shift); its upper end, never above the max.
        const std::size_t shift = i < (2U << split_bits) ? 0 : (i >> split_bits) - 1;
        const std::size_t low = i - (shift << split_bits);
        return std::min(static_cast<std::int64_t>(((low + 1) << shift) - 1), max_ns_);
    }
    return 0;
}

}  // namespace reef::bench
