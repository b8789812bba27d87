// One record as people see it: its fields in their order, compact. In answers and in messages.
#pragma once

#include <string>

#include "model/row.hpp"
#include "model/value_text.hpp"

namespace reef::model {

void append_record(std::string& out, const Resource& resource, const Row& row, TimeShape times);

}  // namespace reef::model
