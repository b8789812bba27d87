// What people look into: conflicts that were decided, and dead letters, which wait for a person.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/task.hpp"
#include "model/change.hpp"
#include "model/conflict.hpp"
#include "store/scan_limits.hpp"

namespace reef::store {

using namespace model;

// The ledger has it from the first conflict that the store lists on. Until then nobody has to look
// for open ones.
inline constexpr std::string_view conflicts_cursor = "conflicts";

// Which conflicts: what is not said does not matter.
struct ConflictQuery {
    std::uint64_t after = 0;  // the number of the one before
    ScanLimits limits = {};
    std::string kind = {};
    std::optional<ResourceId> resource = {};
    std::optional<Time> since = {};  // found then or later
    bool open = false;               // only those that nobody has settled
    std::string id = {};             // this one
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

// Both in the order of their numbers, from the one after `after`. unavailable: the database is
// away.
class ConflictReader {
public:
    virtual ~ConflictReader() = default;
    virtual Task<std::vector<Conflict>> conflicts(ConflictQuery query) = 0;
    virtual Task<std::map<std::string, ConflictCount>> conflict_counts() = 0;  // by kind
    virtual Task<std::vector<DeadLetter>> dead_letters(std::uint64_t after, ScanLimits limits) = 0;
};

}  // namespace reef::store
