// The app's OpenAPI 3.1 document, made from the table of operations.
#pragma once

#include <string>
#include <vector>

#include "api/operations.hpp"

namespace reef::api {

std::string openapi_json(const model::Schema& schema, const api::Api& api,
                         const std::vector<api::Operation>& operations);

}  // namespace reef::api
