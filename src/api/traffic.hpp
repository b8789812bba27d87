// What one io thread has served, by operation: written on that thread, read for /metrics anywhere.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <vector>

namespace reef::api {

// Upper bounds of the latency histogram, in seconds.
inline constexpr std::array latency_bounds{0.0001, 0.00025, 0.0005, 0.001, 0.0025,
                                           0.005,  0.01,    0.025,  0.05,  0.1,
                                           0.25,   0.5,     1.0,    2.5,   5.0};

class Traffic {
public:
    struct Counts {
        std::array<std::atomic<std::uint64_t>, 6> by_class{};  // [2] = 2xx
        std::array<std::atomic<std::uint64_t>, latency_bounds.size() + 1> latency{};
        std::atomic<std::uint64_t> total_ns{0};
    };

    // One for each operation of the table, and a last one for requests that match none.
    explicit Traffic(std::size_t operations) : counts_(operations + 1) {}

    void add(std::size_t operation, int status, std::chrono::nanoseconds took) {
        Counts& counts = counts_[operation];
        bump(counts.by_class[static_cast<std::size_t>(status / 100) % 6], 1);
        const double seconds = std::chrono::duration<double>(took).count();
        std::size_t bucket = 0;
        while (bucket < latency_bounds.size() && seconds > latency_bounds[bucket])
            ++bucket;
        bump(counts.latency[bucket], 1);
        bump(counts.total_ns, static_cast<std::uint64_t>(took.count()));
    }

    // Records that could not be read, as often as an answer met one.
    void add_unreadable(std::uint64_t records) { bump(unreadable_, records); }

    const std::vector<Counts>& counts() const { return counts_; }
    std::uint64_t unreadable() const { return unreadable_.load(std::memory_order_relaxed); }

private:
    // One writer: no locked instruction is needed.
    static void bump(std::atomic<std::uint64_t>& count, std::uint64_t by) {
        count.store(count.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
    }

    std::vector<Counts> counts_;
    std::atomic<std::uint64_t> unreadable_{0};
};

}  // namespace reef::api
