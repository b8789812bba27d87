// What people look into: conflicts and dead letters, numbered as they come.
#pragma once

#include <vector>

#include "store/sqlite_connection.hpp"
#include "store/store.hpp"

namespace reef::store::sqlite {

extern const char* const journal_sql;  // its tables

class Journal {
public:
    Journal(Connection& connection, const Schema& schema);

    Result<void> save(const Conflict& conflict);
    Result<void> save(const DeadLetter& letter);
    Result<std::vector<Conflict>> conflicts(std::uint64_t after, ScanLimits limits);
    Result<std::vector<DeadLetter>> dead_letters(std::uint64_t after, ScanLimits limits);

private:
    const Schema& schema_;
    Statement save_conflict_, save_letter_, conflicts_, letters_;
};

}  // namespace reef::store::sqlite
