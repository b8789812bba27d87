// What a field accepts and shows, as JSON Schema 2020-12, and an example of it. It says the same as
// read_json(), read_text() and append_json(), but for one thing: that a decimal has at most so many
// decimals stands in its description. `multipleOf: 0.01` would say it too, and make validators that
// divide binary floats refuse half of all prices.
#pragma once

#include <functional>
#include <string>

#include "base/text/json.hpp"
#include "base/text/json_object.hpp"
#include "model/schema.hpp"

namespace reef::api {

enum class SchemaUse : std::uint8_t {
    answer,  // part of a record that is shown
    create,  // part of the body of a create
    update,  // part of the body of an update
    patch,   // part of the body of one that names what it changes only
    path,    // a parameter in the path: a key, or what is looked up
    query,   // a filter of a list: any bound may be asked for
};

std::string json_schema(const model::Resource& resource, model::FieldId field, SchemaUse use);

// Of an object that must have the members of `object`, and of a value that is always the same.
std::string object_schema(const Json& object, JsonObject properties,
                          const std::function<std::string(const Json&)>& schema_of_member);
std::string constant_schema(const Json& value);

// JSON text: the app's own example, else one made up from the type and the rules. "" when the rules
// can't be met by guessing.
std::string example_of(const model::Field& field, int time_digits = 6);

// True for what no client may change in a record that exists.
bool is_fixed(const model::Resource& resource, model::FieldId field);

// True when a client may name the field in the body of a create.
bool is_creatable(const model::Resource& resource, model::FieldId field);

// True when the body of a create must name it, or the body of an update.
bool is_needed(const model::Resource& resource, model::FieldId field, SchemaUse use);

}  // namespace reef::api
