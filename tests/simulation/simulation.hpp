// One run: nodes, links, clients and misfortunes drawn from a seed; then everything heals, and what
// is promised is checked.
#pragma once

#include <string>
#include <vector>

#include "base/hash.hpp"
#include "plants.hpp"

namespace reef::simulation {

struct Options {
    std::uint64_t seed = 1;
    Plant plant = Plant::none;
    bool verbose = false;  // prints the trace
};

struct Outcome {
    std::vector<std::string> failures;  // none: all is well
    Hash128 trace;                      // of everything that happened, in order
    std::uint64_t events = 0;
    std::size_t writes = 0;
    std::size_t acknowledged = 0;
    std::size_t twins = 0;
    std::size_t conflicts = 0;
};

// From one thread.
Outcome simulate(const Options& options);

// Twice: a second trace that differs from the first is a failure, too.
Outcome simulate_twice(const Options& options);

}  // namespace reef::simulation
