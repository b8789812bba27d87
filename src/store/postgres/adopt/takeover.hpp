// A table that other programs made before Atoll came: its rows stay as they are, its version counts
// on, and nothing is changed before all of it is known to fit.
#pragma once

#include <string>
#include <vector>

#include "store/postgres/connection.hpp"

namespace reef::store::postgres {

// Whether the database has a table, or anything else, of the resource's name.
Task<bool> is_there(Connection& connection, const Resource& resource);

struct Takeover {
    std::vector<std::string> objections;  // all that speaks against it, for people
    std::vector<std::string> sql;         // without any: what makes it what table_sql() says
};
// Only looks. What is looked at may change until it is locked.
Task<Takeover> look_at(Connection& connection, const Resource& resource);

}  // namespace reef::store::postgres
