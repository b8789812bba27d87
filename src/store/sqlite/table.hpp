// How a resource lies in its table, as SQL text: the columns, what they accept, what they are
// ordered and indexed by. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "store/columns.hpp"

namespace reef::store::sqlite {

using namespace model;

int column_count(const Resource& resource);

// The user's table, and the one of the resource's tombstones: the same columns without the rules.
std::string table_sql(const Resource& resource, std::string_view table);
std::string tombstones_sql(const Resource& resource);

// What a field is compared, sorted and indexed by: a decimal as its exact units, a lattice as its
// place in the order, everything else as the column itself.
std::string order_of(const Field& field);

// Not unique, even for unique fields: a joined row must always fit.
struct Index {
    std::string name;
    std::string sql;
};
std::vector<Index> indexes_of(const Resource& resource);

}  // namespace reef::store::sqlite
