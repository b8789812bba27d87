// Virtual time: what will happen, in the order in which it does. One thread; a world of one seed
// always takes the same course, and its trace says so.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <queue>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.hpp"

namespace reef::simulation {

using Nanoseconds = std::chrono::nanoseconds;

class Random {
public:
    explicit Random(std::uint64_t seed) : engine_(seed) {}

    std::uint64_t number() { return engine_(); }
    std::size_t below(std::size_t limit) { return engine_() % limit; }
    bool percent(std::size_t chance) { return below(100) < chance; }
    Nanoseconds between(Nanoseconds low, Nanoseconds high) {
        const auto range = static_cast<std::uint64_t>((high - low).count()) + 1;
        return low + Nanoseconds{static_cast<std::int64_t>(engine_() % range)};
    }

private:
    std::mt19937_64 engine_;
};

class World {
public:
    explicit World(std::uint64_t seed) : random(seed), fate(~seed) {}

    Nanoseconds now() const { return now_; }
    // What is due at one moment happens in the order in which it was asked for.
    void after(Nanoseconds delay, std::function<void()> what);
    // Lets time pass until `end`, or until `done` holds (looked at after each event).
    void run_until(Nanoseconds end);
    bool run_until(Nanoseconds end, const std::function<bool()>& done);

    // A line of the trace; `verbose` shows it.
    void trace(std::string_view line);
    const Hash128& trace_hash() const { return trace_; }
    std::uint64_t events() const { return events_; }

    Random random;
    // For what happens in some seeds only: in all others nothing takes another course by it.
    Random fate;
    bool verbose = false;

private:
    struct Event {
        Nanoseconds at;
        std::uint64_t number = 0;
        std::function<void()> what;
        bool operator<(const Event& other) const {  // the queue's top is its largest
            return at != other.at ? at > other.at : number > other.number;
        }
    };
    bool step(Nanoseconds end);

    Nanoseconds now_{0};
    std::uint64_t events_ = 0;
    std::vector<Event> queue_;  // a heap
    Hash128 trace_;
};

}  // namespace reef::simulation
