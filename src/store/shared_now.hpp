// What records have in common now that only one should have, and references to what is gone: found
// in a store's tables when it begins to list such conflicts. From then on each batch tells what it
// has changed (SharedValue).
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "model/conflict.hpp"

namespace reef::store {

using namespace model;

// In atoll_meta: the fields whose values may be in conflict, one a line. Where they are others than
// before, all is found anew.
inline constexpr std::string_view shared_name = "shared";
std::string shared_fields_text(const Schema& schema);

// Rows in the order of columns_of(), and what is listed of each. One without an id is not listed.
struct SharedQuery {
    ResourceId resource = 0;
    std::string sql;
    std::function<Conflict(const Row& row)> conflict_of;
};
std::vector<SharedQuery> shared_queries(const Schema& schema);
extern const char* const forget_shared_sql;

}  // namespace reef::store
