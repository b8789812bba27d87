// One table of operations, made from the app: it drives the router, OpenAPI, and calls that foreign
// messages describe. Pure data.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "api/surface.hpp"
#include "http/method.hpp"
#include "model/schema.hpp"

namespace reef::api {

enum class OperationKind : std::uint8_t {
    list,
    get,
    create,
    update,
    patch,  // an update that may also say by how much
    remove,
    look_up,  // of a resource
    health,
    lag,  // of the node, below the app's path too
    livez,
    readyz,
    metrics,
    openapi,
    asyncapi,
    docs,  // of the process
};

enum class In : std::uint8_t { path, query, header };

struct Parameter {
    std::string name;
    In in = In::query;
    bool required = false;
    std::string schema;  // JSON Schema text
    std::string description;
    // JSON text, or "". The docs page fills it in for people to try: only what does good to
    // whoever sends it as it is. Other examples stand in the schema.
    std::string example;
};

struct Answer {
    int status = 200;
    std::string description;
    std::vector<std::string> errors;   // "version_conflict", …: a problem; none: a success
    std::vector<std::string> headers;  // "ETag", "Location", …: those that it may carry
    bool operator==(const Answer&) const = default;
};

struct Operation {
    std::string id;  // "getProperty", "updateProperty": unique
    OperationKind kind = OperationKind::get;
    http::Method method = http::Method::get;
    std::string path;  // "/{region}/properties/{id}"
    std::optional<model::ResourceId> resource;
    std::optional<std::size_t> look_up;  // which of the resource's look-ups
    std::string summary;
    std::vector<Parameter> parameters;
    bool has_body = false;
    std::vector<Answer> answers;  // every status that it can have, ascending, each once
    bool documented = true;       // neither a second spelling nor for operators
};

std::vector<Operation> operations_of(const model::Schema& schema, const Api& api);

// What one record is called in names that programs use: "Property" of "property".
std::string type_name(const model::Schema& schema, const model::Resource& resource);

}  // namespace reef::api
