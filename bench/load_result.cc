#include "load_result.hpp"

#include <algorithm>
#include <cmath>
#include <cstdarg>
#include <cstdio>

namespace reef::bench {
namespace {

unsigned long long as_printed(std::uint64_t count) {
    return count;
}

double tenths_of_us(std::int64_t ns) {
    return std::round(static_cast<double>(ns) / 100) / 10;
}

double per_second(const LoadResult& result) {
    return result.seconds > 0 ? static_cast<double>(result.requests()) / result.seconds : 0;
}

[[gnu::format(printf, 2, 3)]] void append(std::string& out, const char* format, ...) {
    char text[256];
    std::va_list values;
    va_start(values, format);
    std::vsnprintf(text, sizeof text, format, values);
    va_end(values);
    out += text;
}

}  // namespace

std::uint64_t LoadResult::error_count() const {
    std::uint64_t sum = 0;
    for (const auto& [what, count] : errors)
        sum += count;
    return sum;
}

void LoadResult::merge(const LoadResult& other) {
    latencies.merge(other.latencies);
    for (const auto& [status, count] : other.statuses)
        statuses[status] += count;
    for (const auto& [what, count] : other.errors)
        errors[what] += count;
}

std::string to_line(const LoadOptions& options, const LoadResult& result) {
    const auto& latency = result.latencies;
    const auto us = [&latency](double share) { return tenths_of_us(latency.percentile_ns(share)); };
    std::string line;
    append(line, "%-5s %4u connections  %5.1f s  %9llu requests  %9.0f/s", name_of(options.mode),
           options.connections, result.seconds, as_printed(result.requests()), per_second(result));
    append(line, "  µs: p50 %.1f  p90 %.1f  p99 %.1f  p99.9 %.1f  max %.1f", us(0.5), us(0.9),
           us(0.99), us(0.999), tenths_of_us(latency.max_ns()));
    append(line, "  own cpu %.0f %%", 100 * result.own_cores);
    append(line, "  errors %llu", as_printed(result.error_count()));
    for (const auto& [what, count] : result.errors) {
        append(line, "  %s: %llu", what.c_str(), as_printed(count));
    }
    return line;
}

std::string to_json(const LoadOptions& options, const LoadResult& result) {
    std::string out;
    append(out, R"({"mode":"%s","connections":%u,"rate":%g,"seconds":%.3f,)", name_of(options.mode),
           options.connections, options.rate, result.seconds);
    append(out, R"("requests":%llu,"per_second":%.1f,"errors":%llu,)",
           as_printed(result.requests()), per_second(result), as_printed(result.error_count()));
    out += R"("error_kinds":{)";
    for (const auto& [what, count] : result.errors) {
        if (!out.ends_with('{')) out += ',';
        append(out, R"("%s":%llu)", what.c_str(), as_printed(count));
    }
    out += R"(},"statuses":{)";
    for (const auto& [status, count] : result.statuses) {
        if (!out.ends_with('{')) out += ',';
        append(out, R"("%d":%llu)", status, as_printed(count));
    }
    const auto& latency = result.latencies;
    const auto us = [&latency](double share) { return tenths_of_us(latency.percentile_ns(share)); };
    append(out, R"(},"p50_us":%.1f,"p90_us":%.1f,"p99_us":%.1f,"p999_us":%.1f,"max_us":%.1f,)",
           us(0.5), us(0.9), us(0.99), us(0.999), tenths_of_us(latency.max_ns()));
    append(out, R"("own_cores":%.2f})", result.own_cores);
    return out;
}

}  // namespace reef::bench
