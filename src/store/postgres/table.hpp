// How a resource lies in its table in PostgreSQL, as SQL text: the columns, what they accept, what
// they are ordered and indexed by. Pure.
#pragma once

#include <string>
#include <vector>

#include "store/columns.hpp"
#include "store/postgres/parameters.hpp"

namespace reef::store::postgres {

// "numeric(12,2)": the type of a field's column.
std::string column_type(const Field& field);
std::string canonical_type(const Field& field);  // as PostgreSQL shows it: "numeric(12,2)"
std::string typed_column(const Field& field);    // "name TYPE COLLATE …"
std::string column_sql(const Resource& resource, const Field& field);  // with all its rules
std::string default_of(const Field& field);                            // "": none
// What the API refuses, the table refuses; "" when every value of the type will do. And its name,
// quoted, which tells a person what was broken.
std::string check_of(const Field& field);
std::string check_name(const Resource& resource, const Field& field);

// The user's table, and the one of the resource's tombstones: the same columns without the rules.
std::string table_sql(const Resource& resource);
std::string tombstones_sql(const Resource& resource);
// Turns both tables, made for other rules or fewer fields, into what table_sql() says.
std::vector<std::string> alter_sql(const Resource& resource, const KnownFields& known);

// What a field is compared, sorted and indexed by: a lattice by its place in the order, JSON by its
// text, everything else by the column itself; and the type of what it is compared with.
std::string order_of(const Field& field);
std::string order_cast(const Field& field);

// Not unique, even for unique fields: a joined row must always fit. Each ends in the key, so that a
// page of a list can start anywhere among equal values.
struct Index {
    std::string name;
    std::string sql;
};
std::vector<Index> indexes_of(const Resource& resource);

}  // namespace reef::store::postgres
