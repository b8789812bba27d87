// Seeds in blocks, so that they share the processors; and the proof that the simulation finds what
// it looks for.
#include "simulation.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>

namespace reef::simulation {

// As part of a test's name.
void PrintTo(const PlantName& plant, std::ostream* out) {
    *out << plant.name;
}

namespace {

// Instrumented code is many times slower: there it is the sanitizers that look.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::uint64_t seeds_per_block = 5;
#else
constexpr std::uint64_t seeds_per_block = 100;
#endif
constexpr std::uint64_t blocks = 5;

std::string command(std::uint64_t seed) {
    return "build/tests/simulation --trace --seed " + std::to_string(seed);
}

std::string text_of(const std::vector<std::string>& failures) {
    std::string text;
    for (const std::string& failure : failures)
        text += failure + '\n';
    return text;
}

class Seeds : public testing::TestWithParam<std::uint64_t> {};

TEST_P(Seeds, KeepWhatIsPromised) {
    const std::uint64_t first = GetParam() * 100 + 1;
    std::uint64_t writes = 0;  // a seed whose nodes are apart from its first moment may have none
    for (std::uint64_t seed = first; seed < first + seeds_per_block; ++seed) {
        Options options;
        options.seed = seed;
        const Outcome outcome = simulate_twice(options);
        EXPECT_TRUE(outcome.failures.empty())
            << "seed " << seed << ", again with: " << command(seed) << '\n'
            << text_of(outcome.failures);
        writes += outcome.writes;
    }
    EXPECT_GT(writes, 0U) << "nothing was written";
}

// Each showed a defect once, of Atoll or of the oracle.
TEST(Simulation, SeedsThatFailedBefore) {
    for (const std::uint64_t seed : {5003287U}) {
        Options options;
        options.seed = seed;
        const Outcome outcome = simulate_twice(options);
        EXPECT_TRUE(outcome.failures.empty()) << command(seed) << '\n' << text_of(outcome.failures);
    }
}

INSTANTIATE_TEST_SUITE_P(Simulation, Seeds, testing::Range<std::uint64_t>(0, blocks));

// By name, and not only by what it leads to.
TEST(Simulation, ANumberThatIsUsedTwiceIsSeenWhenItIs) {
    Options options;
    options.plant = Plant::restore_in_old_life;
    for (; options.seed <= blocks * 100; ++options.seed) {
        const std::string told = text_of(simulate(options).failures);
        if (told.find("used twice") != std::string::npos) return;
    }
    FAIL() << "no store used a number twice";
}

class Planted : public testing::TestWithParam<PlantName> {};

TEST_P(Planted, IsFoundWithinTheSeedsOfEachTest) {
    Options options;
    options.plant = GetParam().plant;
    for (; options.seed <= blocks * 100; ++options.seed) {
        const Outcome outcome = simulate(options);
        if (outcome.failures.empty()) continue;
        RecordProperty("found_by_seed", static_cast<int>(options.seed));
        std::cout << "found by seed " << options.seed << ":\n" << text_of(outcome.failures);
        return;
    }
    FAIL() << "nothing noticed " << GetParam().name;
}

INSTANTIATE_TEST_SUITE_P(Simulation, Planted, testing::ValuesIn(plant_names),
                         [](const auto& plant) {
                             std::string name{plant.param.name};
                             std::replace(name.begin(), name.end(), '-', '_');
                             return name;
                         });

}  // namespace
}  // namespace reef::simulation
