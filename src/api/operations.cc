#include "api/operations.hpp"

#include <algorithm>

#include "api/record_operations.hpp"
#include "api/record_parameters.hpp"

namespace reef::api {

using namespace model;

namespace {

Operation of_node(std::string id, OperationKind kind, std::string path, std::string summary,
                  std::vector<Answer> answers) {
    Operation operation;
    operation.id = std::move(id);
    operation.kind = kind;
    operation.path = std::move(path);
    operation.summary = std::move(summary);
    operation.answers = std::move(answers);
    return operation;
}

// For clients: where the path names a node, these do too.
std::vector<Operation> node_operations(const Api& api) {
    const std::string below = api.path_names_node() ? api.path : "";
    std::vector<Operation> made{
        of_node("getHealth", OperationKind::health, below + "/health",
                "Whether the " + api.nodes_are + " serves",
                {{200, "It does, and which one it is", {}, {}}}),
        of_node("getReplicationLag", OperationKind::lag, below + "/replication-lag",
                "How far the " + api.nodes_are + " is behind the others",
                {{200, "In seconds, in all and for each peer", {}, {}}})};
    for (Operation& operation : made) {
        if (api.path_names_node()) {
            operation.parameters.push_back(node_parameter(api));
            operation.answers.push_back(
                {404, "There is no such " + api.nodes_are, {"not_found"}, {}});
        }
        complete_answers(operation);
    }
    return made;
}

// For operators and browsers. They are not part of the app's API: no gateway passes them all.
std::vector<Operation> process_operations() {
    std::vector<Operation> made{
        of_node("getLiveness", OperationKind::livez, "/livez", "The process runs",
                {{200, "It does", {}, {}}}),
        of_node("getReadiness", OperationKind::readyz, "/readyz",
                "Whether this node takes requests; ?verbose says why not",
                {{200, "It does", {}, {}}, {503, "It does not", {}, {}}}),
        of_node("getMetrics", OperationKind::metrics, "/metrics", "Counts in Prometheus' text form",
                {{200, "The counts", {}, {}}}),
        of_node("getOpenapi", OperationKind::openapi, "/openapi.json", "This document",
                {{200, "OpenAPI 3.1", {}, {}}}),
        of_node("getAsyncapi", OperationKind::asyncapi, "/asyncapi.json", "The app's messages",
                {{200, "AsyncAPI 3.0", {}, {}}}),
        of_node("getDocs", OperationKind::docs, "/docs", "This API, to read and try",
                {{200, "A page", {}, {}}}),
        of_node("getDocsAsset", OperationKind::docs, "/docs/{asset}", "Part of the page",
                {{200, "A file", {}, {}}, {404, "Not found", {"not_found"}, {}}})};
    for (Operation& operation : made)
        operation.documented = false;
    return made;
}

void append(std::vector<Operation>& all, std::vector<Operation> made) {
    all.insert(all.end(), std::make_move_iterator(made.begin()),
               std::make_move_iterator(made.end()));
}

// Each path also works without the node's name: container health checks, proxies that strip it.
std::vector<Operation> without_node(const std::vector<Operation>& all, const Api& api) {
    std::vector<Operation> made;
    for (const Operation& operation : all) {
        if (!operation.path.starts_with(api.path + '/')) continue;
        Operation second = operation;
        second.path.erase(0, api.path.size());
        second.documented = false;
        made.push_back(std::move(second));
    }
    return made;
}

}  // namespace

std::string type_name(const Schema& schema, const Resource& resource) {
    const std::string name = pascal_case(resource.one);
    const auto alike =
        std::count_if(schema.resources.begin(), schema.resources.end(),
                      [&](const Resource& other) { return pascal_case(other.one) == name; });
    return name.empty() || alike > 1 ? pascal_case(resource.name) : name;
}

std::vector<Operation> operations_of(const Schema& schema, const Api& api) {
    std::vector<Operation> all;
    for (const Resource& resource : schema.resources)
        append(all, record_operations(schema, resource, api));
    append(all, node_operations(api));
    append(all, process_operations());
    if (api.path_names_node()) append(all, without_node(all, api));
    return all;
}

}  // namespace reef::api
