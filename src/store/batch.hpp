// One batch: what it asks the store for, what it gets, and all that it saves.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <map>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "model/captured.hpp"
#include "model/event.hpp"
#include "store/conflicts.hpp"
#include "store/ledger.hpp"
#include "store/log.hpp"
#include "store/rows.hpp"

namespace reef::store {

using namespace model;

// What a batch must know before anything is decided. Duplicates are harmless.
struct LoadRequest {
    std::vector<RecordRef> records;   // its own rows, and the rows that they refer to
    std::vector<FieldRef> holders;    // which living record has this tracking number?
    std::vector<FieldRef> referrers;  // does any living shipment refer to this warehouse?
    std::vector<RequestId> requests;
    // Keys that new records may get: of each the batch hears whether it is free. So many are needed
    // of a resource.
    std::vector<RecordRef> candidates = {};
    std::map<ResourceId, std::uint32_t> new_keys = {};
};

struct Unreadable {
    std::string why;
    Hash128 hash;        // as stored
    bool alive = false;  // it lies among the living
};

struct LoadResult {
    Ledger ledger;
    boost::unordered_flat_map<RecordRef, StoredRow, std::hash<RecordRef>> rows;  // tombstones too
    // Those of the records that another program has locked: they cannot be saved now.
    std::set<RecordRef> locked;
    // What other programs wrote to these records since the last batch, in order. The committer
    // makes changes of it before it decides anything else. `rows` has a record as it was before
    // these writes; the table has it as the last of them left it.
    std::vector<Captured> captured;
    std::map<FieldRef, Key> holders;
    std::map<FieldRef, bool> referrers;
    std::map<RequestId, RequestSeen> requests;
    // Records that cannot be read: nothing can be decided about them. A row that is saved in such a
    // one's place replaces it.
    std::map<RecordRef, Unreadable> unreadable;
    std::set<RecordRef> free;  // candidates that no record has: no living one, no tombstone
    std::map<RecordRef, std::vector<Conflict>> open_conflicts = {};  // of the records
};

struct SavedRow {
    Row row;
    Hash128 hash;
};

// Whether the value is in conflict follows from the rows alone: once they are saved the store
// counts the living records that have it, and lists the conflict or takes it off its list.
struct SharedValue {
    FieldRef ref;
    std::optional<RecordRef> target;  // absent: two must not have the value. Else this record must
                                      // not be buried while one has it.
    Conflict conflict;
};

// Everything that one batch changes.
struct WriteSet {
    Ledger ledger;
    std::vector<SavedRow> rows;  // each record once
    std::vector<LogEntry> log;
    std::vector<std::pair<RequestId, RequestSeen>> requests;
    std::vector<Conflict> conflicts;  // one that is listed already gets this `detail`
    std::vector<DeadLetter> dead_letters;
    std::vector<Dot> settled;            // dead letters, by (source, seq), that are none any more
    std::vector<RecordRef> erased = {};  // records that could not be read: taken out, no tombstone
    // By id, each with the write that settled it; and those that are none any more.
    std::vector<std::pair<std::string, std::string>> settled_conflicts = {};
    std::vector<std::string> gone_conflicts = {};
    std::vector<SharedValue> shared = {};
    // Records of which the store has none. If it has one, it is `rejected` or `locked`.
    std::vector<std::shared_ptr<const RowCopies>> copies = {};
    std::vector<Event> events = {};       // one that is there stays as it is
    std::vector<Stamp> twin_events = {};  // then these go: their requests have earlier ones
};

}  // namespace reef::store
