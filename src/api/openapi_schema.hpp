// The JSON Schemas of records, bodies and answers for the OpenAPI document, and examples that the
// server takes.
#pragma once

#include <string>
#include <vector>

#include "api/json_schema.hpp"
#include "api/operations.hpp"
#include "base/text/json_object.hpp"

namespace reef::api {

struct DocumentParts {
    const model::Schema& schema;
    const api::Api& api;
    const std::vector<api::Operation>& operations;

    const model::Resource* resource_of(const api::Operation& operation) const {
        return operation.resource ? &schema[*operation.resource] : nullptr;
    }
};

std::string schema_reference(std::string_view name);  // {"$ref":"#/components/schemas/…"}

// Adds "Property", "PropertyCreate", "PropertyUpdate", "PropertyPatch" to the components.
void add_record_schemas(JsonObject& components, const DocumentParts& parts,
                        const model::Resource& resource);

// Adds "PropertyList", "PropertyAnswer" where answers are wrapped, "Problem", "Health", …
void add_answer_schemas(JsonObject& components, const DocumentParts& parts);

// Which of them a success of this operation has.
std::string answer_schema_name(const DocumentParts& parts, const api::Operation& operation);

// A record as an answer shows it; at version 2 when somebody has `changed` it meanwhile.
std::string record_example(const model::Resource& resource, const api::Answers& answers,
                           bool changed = false);

// A body of a create, an update or a patch; "" where none can be made up.
std::string body_example(const model::Resource& resource, api::SchemaUse use);

// What stands around an answer's content, as the app declares it.
struct Wrapped {
    std::string data;   // the schema of <data>
    std::string codes;  // the schema of <code>
    JsonObject more;    // optional members beside the app's own
};
std::string wrapped_schema(const std::string& pattern, const Wrapped& wrapped);

}  // namespace reef::api
