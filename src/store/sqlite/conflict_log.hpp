// What people look into: conflicts and dead letters, numbered as they come.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "store/conflicts.hpp"
#include "store/sqlite/connection.hpp"

namespace reef::store::sqlite {

extern const char* const conflict_log_sql;  // its tables

class ConflictLog {
public:
    ConflictLog(Connection& connection, const Schema& schema);

    Result<void> save(const Conflict& conflict);
    Result<void> save(const DeadLetter& letter);  // replaces the one of its name
    Result<void> remove_letter(const Dot& name);
    Result<std::map<Dot, std::optional<RecordRef>>> parked();
    Result<std::vector<Conflict>> conflicts(std::uint64_t after, ScanLimits limits);
    Result<std::vector<DeadLetter>> dead_letters(std::uint64_t after, ScanLimits limits);

private:
    std::optional<RecordRef> record_at(const Statement& statement, int column) const;

    const Schema& schema_;
    Statement save_conflict_, save_letter_, conflicts_, letters_, parked_, remove_letter_;
};

}  // namespace reef::store::sqlite
