#include "api/openapi.hpp"

#include <algorithm>

#include "api/openapi_answers.hpp"
#include "api/openapi_schema.hpp"

#ifndef ATOLL_VERSION
#define ATOLL_VERSION "0"
#endif

namespace reef::api {

using namespace model;

namespace {

std::string description_of(const Api& api) {
    std::string text =
        "Records served by every " + api.nodes_are +
        " on its own database; changes flow between them, and all end up with the same rows.\n\n"
        "- `ETag` is a record's state, the integer version (where there is one) what people see "
        "of it. A write can be bound to either: `If-Match`, or the version.\n"
        "- A request with `X-Request-ID` or `Idempotency-Key` takes effect once, however often "
        "and wherever it is repeated.\n"
        "- Numbers with decimals are exact: read them as decimals, not as binary floats.\n"
        "- What answers GET answers HEAD. A slash at the end of a path makes no difference.\n";
    if (api.path_names_node()) {
        text += "- At a node itself every path also works without its first part, `" + api.path +
                "`.\n";
    }
    if (api.answers.problems.wrap_error.empty()) {
        text +=
            "- Errors are problem documents (RFC 9457): `error` is for programs, `detail` for "
            "people, and `errors` names each field, parameter or header.\n";
    }
    return text +
           "- Before any operation is looked for, a request that is no proper HTTP/1.1 is refused "
           "with 400, 417, 501 or 505. A gateway in front says with 502 or 504 that nobody behind "
           "it "
           "answered.";
}

std::string info_json(const Api& api) {
    return JsonObject{}
        .put_text("title", api.app)
        .put_text("version", ATOLL_VERSION)
        .put_text("description", description_of(api))
        .json();
}

std::string node_tag(const Api& api) {
    return api.nodes_are + 's';
}

std::string tags_json(const DocumentParts& parts) {
    std::vector<std::string> tags;
    for (const Resource& resource : parts.schema.resources)
        tags.push_back(JsonObject{}.put_text("name", resource.name).json());
    tags.push_back(JsonObject{}
                       .put_text("name", node_tag(parts.api))
                       .put_text("description", "How they are.")
                       .json());
    return json_array(tags);
}

std::string parameter_json(const Parameter& parameter) {
    static constexpr std::array places{"path", "query", "header"};
    JsonObject json;
    json.put_text("name", parameter.name)
        .put_text("in", places[static_cast<std::size_t>(parameter.in)]);
    if (!parameter.description.empty()) json.put_text("description", parameter.description);
    if (parameter.required) json.put("required", "true");
    json.put("schema", parameter.schema);
    if (!parameter.example.empty()) json.put("example", parameter.example);
    return json.json();
}

std::string request_body_json(const DocumentParts& parts, const Operation& operation) {
    const Resource& resource = *parts.resource_of(operation);
    const bool patches = operation.kind == OperationKind::patch;
    const SchemaUse use = operation.kind == OperationKind::create ? SchemaUse::create
                          : patches                               ? SchemaUse::patch
                                                                  : SchemaUse::update;
    const std::string name =
        type_name(parts.schema, resource) + (use == SchemaUse::create ? "Create"
                                             : patches                ? "Patch"
                                                                      : "Update");
    JsonObject media;
    media.put("schema", schema_reference(name));
    const auto example = body_example(resource, use);
    if (!example.empty()) media.put("example", example);
    JsonObject content;
    if (patches) content.put("application/merge-patch+json", media.json());
    content.put("application/json", media.json());
    return JsonObject{}.put("required", "true").put("content", content.json()).json();
}

std::string operation_json(const DocumentParts& parts, const Operation& operation) {
    const Resource* resource = parts.resource_of(operation);
    std::vector<std::string> parameters;
    for (const Parameter& parameter : operation.parameters)
        parameters.push_back(parameter_json(parameter));
    JsonObject json;
    json.put("tags", json_texts({resource ? resource->name : node_tag(parts.api)}))
        .put_text("operationId", operation.id)
        .put_text("summary", operation.summary);
    if (!parameters.empty()) json.put("parameters", json_array(parameters));
    if (operation.has_body) json.put("requestBody", request_body_json(parts, operation));
    return json.put("responses", responses_json(parts, operation)).json();
}

std::string_view method_key(http::Method method) {
    switch (method) {
        case http::Method::post:
            return "post";
        case http::Method::put:
            return "put";
        case http::Method::patch:
            return "patch";
        case http::Method::remove:
            return "delete";
        default:
            return "get";
    }
}

std::string paths_json(const DocumentParts& parts) {
    std::vector<std::pair<std::string, JsonObject>> paths;  // in the order of the table
    for (const Operation& operation : parts.operations) {
        if (!operation.documented) continue;
        auto at = std::find_if(paths.begin(), paths.end(),
                               [&](const auto& path) { return path.first == operation.path; });
        if (at == paths.end()) at = paths.insert(at, {operation.path, {}});
        at->second.put(method_key(operation.method), operation_json(parts, operation));
    }
    JsonObject json;
    for (const auto& [path, item] : paths)
        json.put(path, item.json());
    return json.json();
}

std::string components_json(const DocumentParts& parts) {
    JsonObject schemas;
    for (const Resource& resource : parts.schema.resources)
        add_record_schemas(schemas, parts, resource);
    add_answer_schemas(schemas, parts);
    return JsonObject{}
        .put("schemas", schemas.json())
        .put("responses", shared_responses_json(parts))
        .put("headers", headers_json(parts.api))
        .json();
}

}  // namespace

std::string openapi_json(const Schema& schema, const Api& api,
                         const std::vector<Operation>& operations) {
    const DocumentParts parts{schema, api, operations};
    return JsonObject{}
        .put_text("openapi", "3.1.0")
        .put("info", info_json(api))
        .put("servers", R"([{"url":"/"}])")
        .put("tags", tags_json(parts))
        .put("paths", paths_json(parts))
        .put("components", components_json(parts))
        .json();
}

}  // namespace reef::api
