// Events, in the order of their stamps: the commands on
// atoll_events(at, origin, seq, resource, key, detail), and what their answers say. The index of
// records is in parts: sqlite/event_log.hpp says why.
#pragma once

#include <vector>

#include "store/events.hpp"
#include "store/postgres/connection.hpp"

namespace reef::store::postgres {

extern const char* const events_sql;  // its table

Command append_events(const std::vector<Event>& events);  // those that are there stay
Command remove_events(const std::vector<Stamp>& stamps);
Command events_command(const EventQuery& query);
std::vector<Event> read_events(const Answer& answer);

Command event_bytes_command();  // the sum of all
// The oldest events behind a stamp: the table is trimmed from there.
struct EventFront {
    Stamp stamp;
    std::uint64_t bytes = 0;
};
Command event_fronts_command(const Stamp& after, std::uint32_t rows_max);
std::vector<EventFront> read_event_fronts(const Answer& answer);
Command remove_events_to(const Stamp& after, const Stamp& to);  // of these the last is removed too

}  // namespace reef::store::postgres
