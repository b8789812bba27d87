// What a run found, per thread and in sum, and how it is shown.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "load_histogram.hpp"
#include "load_options.hpp"

namespace reef::bench {

struct LoadResult {
    Histogram latencies;                          // of the requests measured
    std::map<int, std::uint64_t> statuses;        // of the requests measured
    std::map<std::string, std::uint64_t> errors;  // of all, warm-up included: "status 409", "lost"
    double seconds = 0;
    double own_cores = 0;  // how many the generator itself kept busy

    std::uint64_t requests() const { return latencies.count(); }
    std::uint64_t error_count() const;
    void merge(const LoadResult& other);  // latencies, statuses, errors
};

std::string to_line(const LoadOptions& options, const LoadResult& result);
std::string to_json(const LoadOptions& options, const LoadResult& result);

}  // namespace reef::bench
