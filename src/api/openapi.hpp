// The app's OpenAPI 3.1 document, made from the table of operations.
#pragma once

#include <string>
#include <vector>

#include "model/operations.hpp"

namespace reef::api {

std::string openapi_json(const model::Schema& schema, const model::Api& api,
                         const std::vector<model::Operation>& operations);

}  // namespace reef::api
