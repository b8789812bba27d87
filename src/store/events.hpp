// Events: a row for each write that is known here, in the order of their stamps.
//
// Why they are a table of their own, and no view of the log: a log's entry holds the whole row with
// all that it knows of its writes, and goes after a week; an event is a fraction of that, and stays
// for a year. The log is read by origin and number; events are asked for by record and by time.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/task.hpp"
#include "model/event.hpp"
#include "store/scan_limits.hpp"

namespace reef::store {

using namespace model;

// The ledger has it while events are kept: from when on the list is whole, as microseconds since
// 1970. "0": from the first write on. Events from before may be missing: none were kept, or they
// came inside rows without their changes.
inline constexpr std::string_view events_cursor = "events";

struct EventQuery {
    Stamp after;                // the first ones after it; {}: from the beginning
    std::string resource = {};  // only of this record; "": of all
    std::string key = {};
    ScanLimits limits = {};
};

class EventReader {
public:
    virtual ~EventReader() = default;
    // unavailable: the database is away.
    virtual Task<std::vector<Event>> events(EventQuery query) = 0;
};

}  // namespace reef::store
