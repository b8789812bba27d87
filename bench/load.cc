// atoll-load: the project's load generator. See README.md for how it measures.
#include <sys/resource.h>

#include <barrier>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <random>
#include <thread>

#include "load_options.hpp"
#include "load_result.hpp"
#include "load_worker.hpp"

namespace reef::bench {
namespace {

double cpu_seconds() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

Window window_from(const LoadOptions& options, std::int64_t start_ns) {
    if (options.count > 0) return {start_ns, start_ns, std::numeric_limits<std::int64_t>::max()};
    const auto ns = [](double seconds) { return static_cast<std::int64_t>(seconds * 1e9); };
    const auto measure_ns = start_ns + ns(options.warm_up_seconds);
    return {start_ns, measure_ns, measure_ns + ns(options.seconds)};
}

LoadResult generate(const LoadOptions& options) {
    std::random_device random;
    std::vector<std::unique_ptr<Worker>> workers;
    for (std::uint32_t i = 0; i < options.threads; ++i) {
        const std::uint64_t seed = (std::uint64_t{random()} << 32) + random();
        workers.push_back(std::make_unique<Worker>(options, i, seed));
    }

    Window window;
    double cpu_before = 0;
    const auto all_learned = [&]() noexcept {
        window = window_from(options, now_ns());
        cpu_before = cpu_seconds();
    };
    std::barrier start(static_cast<std::ptrdiff_t>(options.threads), all_learned);
    {
        std::vector<std::jthread> threads;
        for (auto& worker : workers) {
            threads.emplace_back([&start, &window, &worker] {
                try {
                    worker->learn_versions();
                    start.arrive_and_wait();
                    worker->run(window);
                } catch (const LoadError& error) {
                    std::fprintf(stderr, "atoll-load: %s\n", error.what());
                    std::_Exit(1);
                }
            });
        }
    }
    const double elapsed = static_cast<double>(now_ns() - window.start_ns) / 1e9;

    LoadResult sum;
    for (const auto& worker : workers)
        sum.merge(worker->result());
    sum.seconds = options.count > 0 ? elapsed : options.seconds;
    sum.own_cores = (cpu_seconds() - cpu_before) / elapsed;
    return sum;
}

}  // namespace
}  // namespace reef::bench

int main(int count, char** values) {
    using namespace reef::bench;
    const LoadOptions options = parse_load_options(count, values);
    try {
        const LoadResult result = generate(options);
        std::puts((options.json ? to_json(options, result) : to_line(options, result)).c_str());
        return result.error_count() > 0 ? 1 : 0;
    } catch (const LoadError& error) {
        std::fprintf(stderr, "atoll-load: %s\n", error.what());
        return 1;
    }
}
