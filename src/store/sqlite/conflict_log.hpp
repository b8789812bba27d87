// What people look into: conflicts and dead letters, numbered as they come.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "store/conflicts.hpp"
#include "store/sqlite/connection.hpp"

namespace reef::store::sqlite {

extern const char* const conflict_log_sql;  // its tables
extern const char* const conflict_ids_sql;  // what stores of earlier versions lack

class ConflictLog {
public:
    ConflictLog(Connection& connection, const Schema& schema);

    Result<void> save(const Conflict& conflict);
    Result<void> settle(const std::string& id, const std::string& by);
    Result<void> remove(const std::string& id);
    Result<std::vector<Conflict>> open_of(const RecordRef& record);
    Result<std::map<std::string, ConflictCount>> counts();
    // Those without an id, which stores of earlier versions listed, are listed anew. True: any.
    Result<bool> name_all();
    Result<void> save(const DeadLetter& letter);  // replaces the one of its name
    Result<void> remove_letter(const Dot& name);
    Result<std::map<Dot, std::optional<RecordRef>>> parked();
    Result<std::vector<Conflict>> conflicts(const ConflictQuery& query);
    Result<std::vector<DeadLetter>> dead_letters(std::uint64_t after, ScanLimits limits);

private:
    std::optional<RecordRef> record_at(const Statement& statement, int column) const;
    std::optional<Conflict> conflict_at(const Statement& statement) const;

    const Schema& schema_;
    Statement save_conflict_, settle_, remove_, open_, counts_, unnamed_, remove_unnamed_,
        save_letter_, conflicts_, by_id_, letters_, parked_, remove_letter_;
};

}  // namespace reef::store::sqlite
