// A conflict: what a write lost although its writer had not seen the write that won. It follows
// from the two rows and names the write that lost, not the node that found it. So all nodes list
// the same conflicts under the same ids, in whatever order the writes come. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/change.hpp"
#include "model/join.hpp"

namespace reef::model {

struct Conflict {
    RecordRef record;
    Time at;                   // when this node found it
    std::string kind;          // "fields", "life", "twin", "copies", "sql", "waived", …
    std::string detail;        // canonical JSON: {"fields":[…],"kept":row,"lost":row}
    std::string id = {};       // 20 hexadecimal digits, the same on every node
    Dot lost = {};             // the write that lost
    std::string settled = {};  // the write that has seen both; "": it is open
    std::uint64_t number = 0;  // given by the store, ascending
    bool is_open() const { return settled.empty(); }
};

// Of two rows that were joined. Several when writes of several nodes lost: where three nodes write
// one field at once, two writes lose, and who met whom first makes no difference.
std::vector<Conflict> conflicts_of(const Resource& resource, const Clash& clash, const Row& here,
                                   const Row& there, const Row& joined);
// Of two rows of which neither has all writes of the other: writes that a node made in the stead of
// the record's home, while others were made. Listed whatever they wrote, under the write's name.
std::vector<Conflict> in_stead_conflicts(const Resource& resource, const Row& here,
                                         const Row& there, const Row& joined);
// Of fields that `kept` has with other values, by the writes that had set them in `lost`.
std::vector<Conflict> conflicts_in_fields(const Resource& resource,
                                          const std::vector<FieldId>& fields, const Row& kept,
                                          const Row& lost);
// Two copies of a table, taken over by two nodes, differ in a record.
std::vector<FieldId> differing_fields(const Resource& resource, const Row& here, const Row& there);
Conflict conflict_of_copies(const Resource& resource, const std::vector<FieldId>& fields,
                            const Row& kept, const Row& lost);
Conflict conflict_about(const Resource& resource, std::string_view kind,
                        const std::vector<FieldId>& fields, const Row& kept, const Row& lost,
                        const Dot& write);
// A dead letter that was given up.
Conflict waived_letter(const Resource& resource, const RecordRef& record, const Dot& letter,
                       const std::string& reason);

// What is so now, and follows from the rows alone: nothing of it is found, or settled, by a change.
// Several living records have a unique value. `one` is any of them.
Conflict shared_value(const Resource& resource, FieldId field, const Value& value, const Key& one);
// The record was deleted, and living ones refer to it.
Conflict buried_target(const RecordRef& target, const Resource& target_of,
                       const Resource& referring, FieldId field);
// So much is a counter's sum below its min; nullopt: it is not.
std::optional<std::int64_t> shortfall(const Resource& resource, const Row& row, FieldId field);
Conflict counter_shortfall(const Resource& resource, const Row& row, FieldId field);
bool is_of_now(const Conflict& conflict);

// Stores of earlier versions listed {"fields":[…],"here":row,"there":row,"result":row} without an
// id. What cannot be read stays as it is, under an id of its own.
std::vector<Conflict> upgraded(const Resource& resource, const Conflict& listed);

// The names of the fields, as `detail` has them.
std::vector<std::string> fields_in(const Conflict& conflict);
// One write lost one field here and another there: it is one conflict.
void add_fields(Conflict& known, const Conflict& more);

// Whether the change was made by somebody who had both writes before him. `before`: the record as
// it was when the change came; null: it was not there.
bool settles(const Resource& resource, const Change& change, const Row* before,
             const Conflict& conflict);
// Whether it was found of a write that its own origin has replaced since: the later one tells all.
bool is_replaced_by(const Conflict& earlier, const Conflict& later);

// How many a store lists.
struct ConflictCount {
    std::uint64_t all = 0;
    std::uint64_t open = 0;
    bool operator==(const ConflictCount&) const = default;
};

}  // namespace reef::model
