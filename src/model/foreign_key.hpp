// The keys of records that another program has made, which numbers its own: 1, 2, 3, …
//
// In the app's order that program is a node like any other, so it has numbers here which no node
// gives out. Its n-th number stands for the n-th of these. So nobody keeps a list: every node
// knows, at any time, which record the other program means, and what the other program calls it. A
// number of a record that it never told us of stands for none. Pure.
#pragma once

#include <cstddef>
#include <optional>

#include "model/row.hpp"
#include "model/schema.hpp"

namespace reef::model {

// Of one program, in one app.
struct ForeignNumbers {
    std::int64_t slots = 16;     // Schema::id_slots
    std::size_t node_index = 0;  // the program is the k-th node of the app, from 0

    bool operator==(const ForeignNumbers&) const = default;
};

// What stands here for the program's key. Keys that are no numbers of a node, and numbers from
// before all nodes (a seed's), mean the same everywhere. Absent: no record can have it.
std::optional<Key> key_of_foreign(const Resource& resource, const ForeignNumbers& numbers,
                                  const Key& theirs);

// What the program calls its record. Absent: it is none of the program's.
std::optional<Key> foreign_key_of(const Resource& resource, const ForeignNumbers& numbers,
                                  const Key& ours);

// Whether a record with such a key was made by a node, before the program took that node's name.
bool was_made_by_node(const Resource& resource, const Row& row, std::string_view name);

}  // namespace reef::model
