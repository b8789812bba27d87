// What people are to look at, in the order in which it came: conflicts and dead letters.
#pragma once

#include <vector>

#include "store/postgres/connection.hpp"
#include "store/conflicts.hpp"

namespace reef::store::postgres {

extern const char* const journal_sql;  // its tables

Command save_conflicts(const Schema& schema, const std::vector<Conflict>& conflicts);
// Those that are settled, and those of a name that is saved again.
Command remove_letters(const std::vector<DeadLetter>& replaced, const std::vector<Dot>& settled);
Command save_letters(const Schema& schema, const std::vector<DeadLetter>& letters);
Command conflicts_command(std::uint64_t after, ScanLimits limits);
Command letters_command(std::uint64_t after, ScanLimits limits);
std::vector<Conflict> read_conflicts(const Schema& schema, const Answer& answer);
std::vector<DeadLetter> read_letters(const Schema& schema, const Answer& answer);

}  // namespace reef::store::postgres
