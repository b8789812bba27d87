// The texts of the statements on one resource's tables, made once with the store: each look-up and
// each batch sends the same few, with other parameters.
#pragma once

#include <string>
#include <vector>

#include "model/schema.hpp"

namespace reef::store::postgres {

using namespace model;

// By one field's value. Values of several are one array.
struct FieldStatements {
    std::string find;
    std::string find_several;  // the value's place in the array, from 1, then the row's columns
    std::string find_used;     // the places, from 1, of the values that a living record has
    // Of values ($1), each with a conflict's id, resource, key, time, kind and detail: those are
    // listed that several living records have; the others are taken off the list ($1, ids).
    std::string list_shared, unlist_shared;
    // The same of references: what they refer to is a tombstone.
    std::string list_buried, unlist_buried;
};

// $1::bigint[], and WHERE the key is among them.
std::string keys_of(const Resource& resource);
std::string among_keys(const Resource& resource);

struct RowStatements {
    explicit RowStatements(const Resource& resource);

    std::string find;  // by key, tombstones too
    // For a batch: each row with its mark, which another program's write changes, and whether it
    // lies among the living; tombstones too.
    std::string find_several;
    std::string find_taken;        // the keys, among many, that are not free for a new record
    std::string lock;              // living ones by keys: those that no other program has locked
    std::string scan, scan_after;  // all in key order: rows, bytes at most, the key before
    // $1, $2, …: the columns of all rows, as Rows::parameters() has them.
    std::string insert, insert_tombstones;
    // … their marks and their number. Fails when a row is not there as it was loaded.
    std::string update;
    // By keys, with their marks and the number of those that have one. Fails in the same way.
    std::string remove;
    std::string remove_tombstones;               // by keys
    std::string erase;                           // living ones by keys, whatever their marks
    std::string raw;                             // by key: its columns as JSON
    std::string find_captured, forget_captured;  // postgres_capture.hpp
    std::string pending;
    std::vector<FieldStatements> by_field;
};

// Of all resources, by their ids.
std::vector<RowStatements> make_statements(const Schema& schema);

}  // namespace reef::store::postgres
