// The operations on one resource's records: the part of the table that the schema decides.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api/operations.hpp"

namespace reef::api {

std::vector<Operation> record_operations(const model::Schema& schema,
                                         const model::Resource& resource, const Api& api);

// Adds what any request may be answered with before an operation is looked for, and puts the
// answers in order, each status once.
void complete_answers(Operation& operation);

// "order line" → "OrderLine": ASCII letters and digits, beginning with a capital letter.
std::string pascal_case(std::string_view words);

}  // namespace reef::api
