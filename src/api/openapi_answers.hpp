// The answers of operations in the OpenAPI document: statuses, headers, schemas, examples.
#pragma once

#include <string>

#include "api/openapi_schema.hpp"

namespace reef::api {

// {"200":…,"404":…}
std::string responses_json(const DocumentParts& parts, const api::Operation& operation);

// What all operations answer alike stands in the document once: "RequestTimeout", ….
std::string shared_responses_json(const DocumentParts& parts);
std::string headers_json(const Api& api);

}  // namespace reef::api
