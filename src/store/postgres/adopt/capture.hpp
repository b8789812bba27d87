// What other programs write into a resource's table (`capture = "trigger"`): a trigger notes each
// row before and after, in that program's own transaction, in the resource's table of captures.
// What was noted of the records that a batch loads it takes in first, and forgets.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "store/postgres/row.hpp"

namespace reef::store::postgres {

// The statements that make table, function and triggers, whatever is there of them; and those that
// take them away.
std::vector<std::string> capture_sql(const Resource& resource);
std::vector<std::string> no_capture_sql(const Resource& resource);
std::string captures_of(const Resource& resource);  // the table's name

// $1: keys. Row by row as it was noted: number, whether it is the image after, time, the columns.
std::string find_captured_sql(const Resource& resource);
std::string pending_sql(const Resource& resource);  // $1: that many keys at most
std::string forget_sql(const Resource& resource);   // $1, $2: keys, and a number of each

// What a session says in which Atoll itself writes: the trigger passes it over.
extern const std::pair<std::string, std::string> own_writes;

// What was found of one resource in a batch.
class CapturedRows {
public:
    explicit CapturedRows(const Resource& resource);

    // Puts what was noted into loaded.captured, and each record's row as it was before that.
    // `buried`: tombstones of records that another program has inserted since. What is noted of
    // records that are locked waits. invalid: an image cannot be read.
    Result<void> read(const Answer& answer, const std::map<RecordRef, StoredRow>& buried,
                      LoadResult& loaded);
    bool empty() const { return numbers_.size() == 0; }
    Command forget(const std::vector<RowStatements>& statements) const;

private:
    const Resource& resource_;
    Array keys_;
    Array numbers_{Type::int8};
};

}  // namespace reef::store::postgres
