// Conflicts and dead letters, in the order in which they were saved.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "store/batch.hpp"
#include "store/conflicts.hpp"
#include "store/postgres/connection.hpp"
#include "store/postgres/statements.hpp"

namespace reef::store::postgres {

extern const char* const conflict_log_sql;  // its tables
extern const char* const conflict_ids_sql;  // what stores of earlier versions may lack

// Each id once. What is listed already gets the new detail.
Command save_conflicts(const Schema& schema, const std::vector<Conflict>& conflicts);
using SettledConflicts = std::vector<std::pair<std::string, std::string>>;
Command settle_conflicts(const SettledConflicts& settled);
Command remove_conflicts(const std::vector<std::string>& ids);
// Lists what is in conflict now, once the rows are saved, and takes off the list what is not.
void append_shared(Commands& commands, const Schema& schema,
                   const std::vector<RowStatements>& statements,
                   const std::vector<SharedValue>& shared);
Command open_conflicts(const Schema& schema, const std::vector<RecordRef>& records);
// Those without an id, which processes of earlier versions listed.
Command unnamed_conflicts();
Command remove_unnamed(const std::vector<Conflict>& conflicts);
// Removes the letters that are settled, and those that a new letter of the same name replaces.
Command remove_letters(const std::vector<DeadLetter>& replaced, const std::vector<Dot>& settled);
Command save_letters(const Schema& schema, const std::vector<DeadLetter>& letters);
Command conflicts_command(const Schema& schema, const ConflictQuery& query);
Command conflict_counts_command();
std::map<std::string, ConflictCount> read_conflict_counts(const Answer& answer);
Command letters_command(std::uint64_t after, ScanLimits limits);
std::vector<Conflict> read_conflicts(const Schema& schema, const Answer& answer);
std::vector<DeadLetter> read_letters(const Schema& schema, const Answer& answer);

}  // namespace reef::store::postgres
