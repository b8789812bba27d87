// How a resource lies in its table, as SQL text: the columns, what they accept, what they are
// ordered and indexed by. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/schema.hpp"

namespace reef::store::sqlite {

using namespace model;

std::string quoted(std::string_view name);       // "name", as an identifier
std::string quoted_text(std::string_view text);  // 'text', as a literal

// The fields in their order, then atoll_vector, atoll_state, atoll_hash.
std::string columns_of(const Resource& resource);
int column_count(const Resource& resource);

// The user's table, and the one of the resource's tombstones: the same columns without the rules.
std::string table_sql(const Resource& resource, std::string_view table);
std::string tombstones_of(const Resource& resource);  // its name
std::string tombstones_sql(const Resource& resource);

// What a field is compared, sorted and indexed by: a decimal as its exact units, a lattice as its
// place in the order, everything else as the column itself.
std::string order_of(const Field& field);

// Not unique, even for unique fields: a joined row must always fit.
struct Index {
    std::string name;
    std::string sql;
};
bool is_indexed(const Resource& resource, FieldId field);
std::string index_name(const Resource& resource, FieldId field);
std::vector<Index> indexes_of(const Resource& resource);

// "decimal(12,2)", "int32 counter": a column can be kept while this stays the same.
std::string type_text(const Field& field);

}  // namespace reef::store::sqlite
