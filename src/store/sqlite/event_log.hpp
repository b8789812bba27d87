// Events, in the order of their stamps.
//   atoll_events(at, origin, seq, resource, key, detail): the row lies in the tree of its stamp, to
//   which a write nearly always appends; a second tree finds those of one record.
//
// That tree is in parts, a new one for each 1,024 writes of an origin, so that writes nearly append
// to it, too. In a tree of all records each event would have a page of its own to write, which
// costs a PUT more than all else about it. The events of one record are looked for in each part,
// which takes some microseconds.
#pragma once

#include <vector>

#include "store/events.hpp"
#include "store/sqlite/connection.hpp"
#include "store/sqlite/log.hpp"

namespace reef::store::sqlite {

extern const char* const events_sql;  // its table, unless it is there

class EventLog {
public:
    explicit EventLog(Connection& connection);

    // Both say by how many bytes the table has changed: by none where it had the event, or had not.
    Result<std::uint64_t> append(const Event& event);
    Result<std::uint64_t> remove(const Stamp& stamp);
    Result<std::vector<Event>> find(const EventQuery& query);
    // As Log::trim().
    Result<bool> trim(Log::Expiry expiry, std::uint64_t& bytes);

private:
    Connection& connection_;
    Statement append_, find_, remove_, after_, of_record_, oldest_;
};

}  // namespace reef::store::sqlite
