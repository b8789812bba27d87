// What a request to an operation on records may carry beside its body: path, query, headers.
#pragma once

#include <vector>

#include "api/operations.hpp"

namespace reef::api {

// Of an operation whose kind, resource and look-up are set.
std::vector<Parameter> record_parameters(const model::Resource& resource, const Api& api,
                                         const Operation& operation);

Parameter node_parameter(const Api& api);  // the path's "{region}"

}  // namespace reef::api
