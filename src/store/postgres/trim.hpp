// Which rows have expired, how many of them one piece removes, and the commands for it. Pure.
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <vector>

#include "store/postgres/event_log.hpp"
#include "store/postgres/ledger.hpp"
#include "store/postgres/log.hpp"
#include "store/postgres/requests.hpp"
#include "store/writer.hpp"

namespace reef::store::postgres {

struct Expired {
    std::uint64_t requests_to = 0;           // up to this number; 0: none
    std::map<OriginId, std::uint64_t> logs;  // up to this seq
    std::uint64_t log_bytes = 0;             // what is left
    std::uint64_t batches_before = 0;        // this number; 0: none
    std::optional<Stamp> events_to;          // up to this one
    std::uint64_t event_bytes = 0;           // what is left
    bool more = false;
    bool any() const { return requests_to > 0 || !logs.empty() || batches_before > 0 || events_to; }
};

// The oldest rows of each table, in their order.
struct Oldest {
    std::vector<RequestFront> requests;
    std::uint64_t last_request = 0;
    std::map<OriginId, std::vector<LogFront>> logs;
    std::uint64_t log_bytes = 0;
    std::vector<EventFront> events;
    std::uint64_t event_bytes = 0;
};
// From the answers to Trimmed::look().
Oldest read_oldest_of_each(const BatchRow& known, const Answers& answers);

// Given the oldest rows, one more than a piece where there are so many. Says nothing of batches.
Expired expired_among(const TrimLimits& limits, const Oldest& oldest);

// What was removed so far. Each table is searched from there on: until vacuum has come by, a search
// from the beginning would step over the index entry of each removed row.
class Trimmed {
public:
    Commands look(const Ledger& ledger, std::uint32_t rows_max) const;
    // All but the newest thousand. 0: they are not worth a statement yet.
    std::uint64_t batches_to_forget(std::uint64_t newest) const;
    Commands removals(const Expired& expired) const;
    void add(const Expired& expired);  // it was removed
    // One that was saved may stand before those that were removed: it is looked for from there.
    void saved(const Stamp& event) { events_after_ = std::min(events_after_, before(event)); }

private:
    std::uint64_t log_from(const OriginId& origin) const;
    static Stamp before(const Stamp& event) { return {Time{event.time.us - 1}, {}}; }

    std::uint64_t requests_from_ = 0;
    std::map<OriginId, std::uint64_t> logs_from_;
    std::uint64_t batches_from_ = 0;
    Stamp events_after_;
};

}  // namespace reef::store::postgres
