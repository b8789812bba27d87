// The part of decide() that looks after unique values, checked here or claimed at their homes.
#pragma once

#include <optional>

#include "model/decide.hpp"

namespace reef::model {

// In the order of the fields, whatever order the client names them in: so of two writes that want
// the same two values one gets both. Absent: none of the intent's values stands against it.
std::optional<Decision> check_unique_values(const Schema& schema, const Resource& resource,
                                            const Intent& intent, const Row* current,
                                            const Facts& facts);

}  // namespace reef::model
