// What another program did to a record with SQL, and the write that this is. Pure.
#pragma once

#include "model/decide.hpp"

namespace reef::model {

// One statement's work on one row. Inserted: no `before`; deleted: no `after`.
struct Captured {
    RecordRef record;
    Time at;                                          // by the database's clock
    std::optional<std::vector<Value>> before, after;  // what the columns showed, by FieldId
};

struct CapturedWrite {
    std::optional<Change> change;  // absent: nothing has changed
    // Fields that no write can set, or not to that: the change leaves them as they were, …
    std::vector<FieldId> put_back;
    Row wanted;  // … where the program wanted this row
};

// Written by this node, when it happened: an update is one write more, whatever it says of the
// version; an insert has the version that it says. Who inserts says all fields, also those that
// nodes set, but for the time of the last write. What the table allows is not asked again.
CapturedWrite captured_write(const Schema& schema, const Captured& captured, const Facts& facts);

}  // namespace reef::model
