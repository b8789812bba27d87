// build/tests/simulation: seeds by hand.
#include <CLI/CLI.hpp>
#include <cstdio>

#include "simulation.hpp"

using namespace reef::simulation;

namespace {

struct Sums {
    std::uint64_t events = 0, writes = 0, acknowledged = 0, twins = 0, conflicts = 0;
};

}  // namespace

int main(int argc, char** argv) {
    std::setvbuf(stdout, nullptr, _IOLBF, BUFSIZ);
    Options options;
    std::uint64_t count = 1;
    std::string plant;
    CLI::App cli{"Runs nodes in virtual time, each seed twice, and checks what is promised."};
    cli.add_option("--seed", options.seed, "the first seed");
    cli.add_option("--count", count, "how many, one after the other");
    cli.add_option("--plant", plant, "a fault to plant: the simulation is to find it");
    cli.add_flag("--trace", options.verbose, "print what happens");
    CLI11_PARSE(cli, argc, argv);
    for (const PlantName& known : plant_names) {
        if (known.name == plant) options.plant = known.plant;
    }
    if (!plant.empty() && options.plant == Plant::none) {
        std::fprintf(stderr, "there is no plant %s. There are:\n", plant.c_str());
        for (const PlantName& known : plant_names)
            std::fprintf(stderr, "  %s\n", std::string{known.name}.c_str());
        return 2;
    }
    Sums sums;
    std::uint64_t failed = 0;
    for (const std::uint64_t end = options.seed + count; options.seed < end; ++options.seed) {
        const Outcome outcome = simulate_twice(options);
        sums.events += outcome.events;
        sums.writes += outcome.writes;
        sums.acknowledged += outcome.acknowledged;
        sums.twins += outcome.twins;
        sums.conflicts += outcome.conflicts;
        if (outcome.failures.empty()) continue;
        ++failed;
        std::printf("seed %llu fails; again: simulation --seed %llu --trace\n",
                    static_cast<unsigned long long>(options.seed),
                    static_cast<unsigned long long>(options.seed));
        for (const std::string& failure : outcome.failures)
            std::printf("  %s\n", failure.c_str());
    }
    std::printf(
        "%llu seeds, %llu failed; %llu events, %llu writes, %llu acknowledged, %llu twins, "
        "%llu conflicts\n",
        static_cast<unsigned long long>(count), static_cast<unsigned long long>(failed),
        static_cast<unsigned long long>(sums.events), static_cast<unsigned long long>(sums.writes),
        static_cast<unsigned long long>(sums.acknowledged),
        static_cast<unsigned long long>(sums.twins),
        static_cast<unsigned long long>(sums.conflicts));
    return failed == 0 ? 0 : 1;
}
