// Conflicts and dead letters, in the order in which they were saved.
#pragma once

#include <vector>

#include "store/conflicts.hpp"
#include "store/postgres/connection.hpp"

namespace reef::store::postgres {

extern const char* const conflict_log_sql;  // its tables

Command save_conflicts(const Schema& schema, const std::vector<Conflict>& conflicts);
// Removes the letters that are settled, and those that a new letter of the same name replaces.
Command remove_letters(const std::vector<DeadLetter>& replaced, const std::vector<Dot>& settled);
Command save_letters(const Schema& schema, const std::vector<DeadLetter>& letters);
Command conflicts_command(std::uint64_t after, ScanLimits limits);
Command letters_command(std::uint64_t after, ScanLimits limits);
std::vector<Conflict> read_conflicts(const Schema& schema, const Answer& answer);
std::vector<DeadLetter> read_letters(const Schema& schema, const Answer& answer);

}  // namespace reef::store::postgres
