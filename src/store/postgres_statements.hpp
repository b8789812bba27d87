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
};

struct RowStatements {
    explicit RowStatements(const Resource& resource);

    std::string find, find_several;  // by key, tombstones too
    std::string scan, scan_after;    // all in key order: rows, bytes at most, the key before
    // $1, $2, …: the columns of all rows, as Rows::parameters() has them.
    std::string insert, insert_tombstones;
    std::string update;                     // … and the number of rows, which must all be there
    std::string remove, remove_tombstones;  // by keys
    std::vector<FieldStatements> by_field;
};

// Of all resources, by their ids.
std::vector<RowStatements> make_statements(const Schema& schema);

}  // namespace reef::store::postgres
