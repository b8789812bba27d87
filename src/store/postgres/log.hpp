// The changes of all origins, each origin's in the order of its seq: the commands on
// atoll_log(origin, seq, at, json, hash), and what their answers say.
#pragma once

#include <vector>

#include "store/log.hpp"
#include "store/postgres/connection.hpp"

namespace reef::store::postgres {

extern const char* const log_sql;  // its table

Command append_log(const std::vector<LogEntry>& entries);
Command find_change(const Dot& dot);
std::vector<LogEntry> read_entries(const Answer& answer);
Command changes_command(const Position& after, ScanLimits limits);

// An origin's oldest entry: the log is trimmed from there. `from` is where it is looked for.
struct LogFront {
    std::uint64_t seq = 0;
    Time at;
    std::uint64_t bytes = 0;
};
Command fronts_command(const OriginId& origin, std::uint64_t from, std::uint32_t rows_max);
std::vector<LogFront> read_fronts(const Answer& answer);
Command remove_log(const OriginId& origin, std::uint64_t from, std::uint64_t to);  // both removed

}  // namespace reef::store::postgres
