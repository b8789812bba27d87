// The log: the changes of all origins that are known here, as JSON.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/hash.hpp"
#include "base/task.hpp"
#include "model/change.hpp"
#include "store/scan_limits.hpp"

namespace reef::store {

using namespace model;

struct LogEntry {
    Dot dot;
    Time at;
    std::string json;  // change_json()
    Hash128 hash;      // running hash of the origin's log up to this entry
};

// Committed entries. unavailable: the database is away.
class LogReader {
public:
    virtual ~LogReader() = default;
    // Absent: it is not known here, or was trimmed.
    virtual Task<std::optional<LogEntry>> change(Dot dot) = 0;
    // The entries after `after` of every origin known here, each origin's in the order of its seq.
    // Where the log was trimmed beyond `after`, an origin's entries begin with the oldest that is
    // left: its seq shows the gap.
    virtual Task<std::vector<LogEntry>> changes_after(Position after, ScanLimits limits) = 0;
};

}  // namespace reef::store
