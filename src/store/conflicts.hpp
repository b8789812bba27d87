// What people look into: conflicts that were decided, and dead letters, which wait for a person.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/task.hpp"
#include "model/change.hpp"
#include "store/scan_limits.hpp"

namespace reef::store {

using namespace model;

struct Conflict {  // both versions, and what decided
    RecordRef record;
    Time at;
    std::string kind;      // "fields", "life", "unique", "fork", …
    std::string detail;    // canonical JSON: {"kept":row,"lost":row,"fields":[…]}
    std::uint64_t id = 0;  // given by the store, ascending
};

struct DeadLetter {      // named by (source, seq): of one name there is one
    std::string source;  // origin or broker position
    std::uint64_t seq = 0;
    std::optional<RecordRef> record;
    std::string reason;
    std::string body;
    Time at;
    std::uint64_t id = 0;  // given by the store, ascending
};

// Both in the order of their ids, from the one after `after`. unavailable: the database is away.
class ConflictReader {
public:
    virtual ~ConflictReader() = default;
    virtual Task<std::vector<Conflict>> conflicts(std::uint64_t after, ScanLimits limits) = 0;
    virtual Task<std::vector<DeadLetter>> dead_letters(std::uint64_t after, ScanLimits limits) = 0;
};

}  // namespace reef::store
