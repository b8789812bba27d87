#include "cli/list_query.hpp"

#include <charconv>
#include <chrono>

#include "base/text/uri.hpp"
#include "base/time.hpp"

namespace reef::cli {

std::string list_query(const std::vector<std::pair<std::string, std::string>>& parameters) {
    std::string query = "?limit=1000";
    for (const auto& [name, value] : parameters) {
        if (!value.empty()) query += '&' + name + '=' + percent_encode(value);
    }
    return query;
}

std::string begin_of(const std::string& since) {
    static constexpr std::pair<char, std::int64_t> units[] = {
        {'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
    std::int64_t number = 0;
    const char* end = since.data() + since.size();
    const auto read = std::from_chars(since.data(), end, number);
    if (read.ec != std::errc{} || read.ptr + 1 != end) return since;
    for (const auto& [unit, seconds] : units) {
        if (*read.ptr != unit) continue;
        const auto now = std::chrono::duration_cast<std::chrono::microseconds>(
            std::chrono::system_clock::now().time_since_epoch());
        return to_text(Time{now.count() - number * seconds * 1'000'000});
    }
    return since;
}

}  // namespace reef::cli
