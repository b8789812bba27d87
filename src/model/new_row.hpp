// The row that a write leaves, in the making: shared by all that writes. Pure.
#pragma once

#include "model/decide.hpp"

namespace reef::model {

// The row as it stands, with this write in its vector. The stamp is the intent's time of receipt,
// raised above all that the write saw.
Change begin_change(WriteKind kind, const Intent& intent, const Row* current, const Facts& facts);

// A new record, or one that begins anew after its tombstone: no field has a value yet.
Change begin_life(const Resource& resource, Key key, const Intent& intent, const Row* buried,
                  const Facts& facts);

// By this write; a counter becomes what is wanted. The key and the version are left alone.
void set_field(const Resource& resource, Change& change, FieldId id, const Value& value);
void add_to_counter(Change& change, FieldId id, std::int64_t delta);
// What each write, or each insert, sets by itself.
void set_own_fields(const Resource& resource, Change& change, std::string_view node);

// A write against the order of a lattice, max or min would be undone by any join.
bool is_against_order(const Field& field, const Value& now, const Value& wanted);

}  // namespace reef::model
