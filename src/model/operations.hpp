// One table of operations, made from the app: it drives the router, OpenAPI, and calls that foreign
// messages describe. Pure data.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/schema.hpp"

namespace reef::model {

// How this app's API looks, beside its resources.
struct KeptHeader {    // [headers.operation-name]
    std::string name;  // lower case
    bool required = false;
    bool keep = false;  // stored with the change
    std::string example;
};

enum class ListShape : std::uint8_t { page, array };         // {"items":[…],"next":…} or […]
enum class DeletedShape : std::uint8_t { nothing, record };  // 204, or 200 with the record

struct Answers {
    int invalid = 400;  // status of invalid input
    ListShape list = ListShape::page;
    DeletedShape deleted = DeletedShape::nothing;
    int time_digits = 6;
    std::string wrap;        // '{"success": true, "data": <data>, …}', "" = bare
    std::string wrap_error;  // "" = problem+json
};

struct Api {
    std::string app;                 // "property-listing"
    std::string nodes_are = "node";  // "region": what the app calls its nodes
    std::string path;                // "/{region}", "/api/v1", …
    std::vector<std::string> nodes;  // in the order of the app file
    std::vector<KeptHeader> headers;
    Answers answers;
    // The path names a node ("/{region}"): every operation also works without that part.
    bool path_names_node() const { return path.find('{') != std::string::npos; }
};

enum class Method : std::uint8_t { get, post, put, remove, head, options, other };
std::string_view name_of(Method method);  // "GET", "DELETE", …

enum class OperationKind : std::uint8_t {
    list,
    get,
    create,
    update,
    remove,
    look_up,  // of a resource
    health,
    lag,  // of the node, below the app's path too
    livez,
    readyz,
    metrics,
    openapi,
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
    Method method = Method::get;
    std::string path;  // "/{region}/properties/{id}"
    std::optional<ResourceId> resource;
    std::optional<std::size_t> look_up;  // which of the resource's look-ups
    std::string summary;
    std::vector<Parameter> parameters;
    bool has_body = false;
    std::vector<Answer> answers;  // every status that it can have, ascending, each once
    bool documented = true;       // neither a second spelling nor for operators
};

std::vector<Operation> operations_of(const Schema& schema, const Api& api);

// What one record is called in names that programs use: "Property" of "property".
std::string type_name(const Schema& schema, const Resource& resource);

}  // namespace reef::model
