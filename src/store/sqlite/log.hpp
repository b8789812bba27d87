// The changes of all origins, each origin's in the order of its seq.
//   atoll_log(id, at, json, hash): id is the origin's number << 48 | seq, so that one tree finds an
//   entry by its dot and appending is all that a commit does to it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "store/log.hpp"
#include "store/sqlite/connection.hpp"

namespace reef::store::sqlite {

extern const char* const log_sql;  // its tables

class Log {
public:
    explicit Log(Connection& connection);

    // The origin must be in atoll_origins: its mark is saved first.
    Result<void> append(const LogEntry& entry);
    Result<std::optional<LogEntry>> find(const Dot& dot);
    Result<std::vector<LogEntry>> after(const Position& position, ScanLimits limits);

    // Removes the oldest entries, those from before `before` and those that are too much for
    // bytes_max, at most rows_max. `bytes` is the sum of all JSON, and is brought up to date.
    // True when there is more to remove.
    struct Expiry {
        Time before;
        std::uint64_t bytes_max = 0;
        std::uint32_t rows_max = 0;
    };
    Result<bool> trim(Expiry expiry, std::uint64_t& bytes);

    // A rollback may have taken back what an origin's number was read from.
    void forget_origins() { numbers_.clear(); }

private:
    struct Front;
    Result<std::optional<std::int64_t>> number_of(std::string_view origin);
    Result<std::vector<std::pair<std::int64_t, OriginId>>> origins();
    Result<std::optional<Front>> front_of(std::int64_t number);

    std::map<OriginId, std::int64_t, std::less<>> numbers_;
    Statement number_, origins_, append_, find_, after_, front_, remove_;
};

}  // namespace reef::store::sqlite
