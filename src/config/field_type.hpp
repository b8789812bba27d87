// What a field's type and name may be.
#pragma once

#include <string>
#include <string_view>

#include "model/schema.hpp"

namespace reef::config {

bool is_number(model::FieldType type);

// "decimal(12,2)?" into the field's type, sizes and nullable. "" when it is good, else what is
// wrong with it.
std::string take_type(model::Field& field, std::string_view text);

// A name of a field, table or column: letters, digits, '_'; none that Atoll keeps for itself.
// "" when it is good, else what is wrong with it.
std::string wrong_with_name(std::string_view name);

}  // namespace reef::config
