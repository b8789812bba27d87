#include "model/operations.hpp"

#include <array>

#include "model/json.hpp"
#include "model/value_text.hpp"

namespace reef::model {

namespace {

std::string capitalized(std::string text) {
    if (!text.empty() && text[0] >= 'a' && text[0] <= 'z')
        text[0] = static_cast<char>(text[0] - 32);
    return text;
}

std::string json_text(std::string_view text) {
    std::string json;
    append_json_string(json, text);
    return json;
}

std::string type_schema(const Field& field) {
    switch (field.type) {
        case FieldType::boolean:
            return R"({"type":"boolean"})";
        case FieldType::int32:
        case FieldType::int64:
        case FieldType::version:
            return R"({"type":"integer"})";
        case FieldType::decimal:
        case FieldType::floating:
            return R"({"type":"number"})";
        case FieldType::timestamp:
            return R"({"type":"string","format":"date-time"})";
        case FieldType::uuid:
            return R"({"type":"string","format":"uuid"})";
        default:
            return R"({"type":"string"})";
    }
}

Answer answer(int status, std::string description, std::vector<std::string> errors = {},
              std::vector<std::string> headers = {}) {
    return {status, std::move(description), std::move(errors), std::move(headers)};
}

Parameter header(std::string name, std::string description, std::string example,
                 bool required = false) {
    return {std::move(name),
            In::header,
            required,
            R"({"type":"string","minLength":1,"maxLength":255})",
            std::move(description),
            json_text(example)};
}

// Makes the operations of one resource.
class ResourceOperations {
public:
    ResourceOperations(const Resource& resource, const Api& api)
        : resource_(resource), api_(api), one_(capitalized(resource.one)) {}

    std::vector<Operation> make() const {
        std::vector<Operation> made{list(), create(), get(), update(), remove()};
        for (std::size_t i = 0; i < resource_.look_ups.size(); ++i)
            made.push_back(look_up(i));
        return made;
    }

private:
    Operation begin(std::string id, OperationKind kind, Method method, std::string_view rest,
                    std::string summary) const {
        Operation operation;
        operation.id = std::move(id);
        operation.kind = kind;
        operation.method = method;
        operation.path = api_.path + '/' + resource_.name + std::string{rest};
        operation.resource = resource_.id;
        operation.summary = std::move(summary);
        if (api_.path_names_node()) operation.parameters.push_back(node_parameter(api_));
        for (const KeptHeader& kept : api_.headers) {
            operation.parameters.push_back(
                header(kept.name, "Kept with the change.", kept.example, kept.required));
        }
        return operation;
    }

public:
    static Parameter node_parameter(const Api& api) {
        std::string names = R"({"type":"string","enum":[)";
        for (std::size_t i = 0; i < api.nodes.size(); ++i) {
            names += (i > 0 ? "," : "") + json_text(api.nodes[i]);
        }
        return {api.nodes_are,
                In::path,
                true,
                names + "]}",
                "The " + api.nodes_are + " asked first; another answers when it is down.",
                json_text(api.nodes.front())};
    }

private:
    Parameter key_parameter() const {
        const Field& key = resource_.key_field();
        return {
            key.name,   In::path, true, type_schema(key), "The key of the " + resource_.one + '.',
            key.example};
    }

    Parameter token() const {
        return header("Atoll-Token",
                      "A token of an earlier answer: this one is at least as recent.",
                      "us.k3f9ab:12");
    }

    void add_write_headers(Operation& operation) const {
        auto& parameters = operation.parameters;
        parameters.push_back(header("X-Request-ID",
                                    "Names this request: a repeat of one that took effect is 422.",
                                    "a1", resource_.request_id_required));
        parameters.push_back(header("Idempotency-Key",
                                    "Names this request: a repeat gets the stored answer.", "k1"));
        if (operation.kind == OperationKind::create) return;
        parameters.push_back({"If-Match", In::header, false, R"({"type":"string"})",
                              "Only when the record's ETag is this one: else 412.",
                              json_text("\"base:1:1\"")});
    }

    // What any operation on records may answer with beside its own answers.
    void add_common(Operation& operation, std::vector<std::string> errors_503) const {
        operation.answers.push_back(
            answer(503, "Try again soon", std::move(errors_503), {"Retry-After"}));
    }

    Answer invalid(std::vector<std::string> more = {}) const {
        more.insert(more.begin(), "invalid_request");
        return answer(api_.answers.invalid, "Invalid request", std::move(more));
    }

    // 400 and 422 may fall together: an app says which status invalid input has.
    void add_invalid(Operation& operation, std::vector<std::string> errors_422) const {
        if (api_.answers.invalid == 422) {
            operation.answers.push_back(invalid(std::move(errors_422)));
            return;
        }
        operation.answers.push_back(invalid());
        if (!errors_422.empty()) {
            operation.answers.push_back(answer(422, "Refused", std::move(errors_422)));
        }
    }

    void add_read_answers(Operation& operation) const {
        add_invalid(operation, {});
        operation.answers.push_back(answer(409, "Token lost", {"token_lost"}));
        add_common(operation, {"not_ready", "unavailable", "behind_token"});
    }

    Operation get() const {
        Operation operation = begin("get" + one_, OperationKind::get, Method::get,
                                    '/' + key_template(), "Read one " + resource_.one);
        operation.parameters.push_back(key_parameter());
        add_read_parameters(operation);
        operation.answers = {answer(200, "The " + resource_.one, {}, {"ETag", "Atoll-Token"}),
                             answer(304, "Unchanged", {}, {"ETag", "Atoll-Token"}),
                             answer(404, "Not found", {"not_found"})};
        add_read_answers(operation);
        return operation;
    }

    void add_read_parameters(Operation& operation) const {
        operation.parameters.push_back({"If-None-Match", In::header, false, R"({"type":"string"})",
                                        "The ETag that is known: 304 when it still is this one.",
                                        json_text("\"base:1:1\"")});
        operation.parameters.push_back(token());
    }

    Operation look_up(std::size_t index) const {
        const LookUp& declared = resource_.look_ups[index];
        const Field& field = resource_.fields[declared.field];
        Operation operation =
            begin("get" + one_ + "By" + capitalized(field.name), OperationKind::look_up,
                  Method::get, '/' + declared.prefix + "/{" + field.name + '}',
                  "Find one " + resource_.one + " by its " + field.name);
        operation.look_up = index;
        operation.parameters.push_back(
            {field.name, In::path, true, type_schema(field), "What is looked for.", field.example});
        add_read_parameters(operation);
        operation.answers = {answer(200, "The " + resource_.one, {}, {"ETag", "Atoll-Token"}),
                             answer(304, "Unchanged", {}, {"ETag", "Atoll-Token"}),
                             answer(404, "Not found", {"not_found"})};
        add_read_answers(operation);
        return operation;
    }

    void add_page_parameters(Operation& operation) const {
        auto& parameters = operation.parameters;
        const Page& page = resource_.page;
        parameters.push_back({"limit", In::query, false,
                              R"({"type":"integer","minimum":1,"maximum":)" +
                                  std::to_string(page.rows_max) + R"(,"default":)" +
                                  std::to_string(page.rows_default) + '}',
                              "How many at the most.", "10"});
        if (page.by == PageBy::skip) {
            parameters.push_back({"skip", In::query, false,
                                  R"({"type":"integer","minimum":0,"maximum":9007199254740992})",
                                  "How many to pass over.", "0"});
            return;
        }
        parameters.push_back(
            {"cursor", In::query, false, R"({"type":"string"})", "`next` of the page before.", ""});
        parameters.push_back({"count", In::query, false, R"({"type":"boolean"})",
                              "Say how many there are in all, as `total`.", "false"});
    }

    Operation list() const {
        Operation operation = begin("list" + capitalized(resource_.name), OperationKind::list,
                                    Method::get, "", "List " + resource_.name);
        add_page_parameters(operation);
        if (!resource_.sort.empty()) {
            std::string names = R"({"type":"string","enum":[)";
            std::vector<FieldId> sorts = resource_.sort;
            for (std::size_t i = 0; i < sorts.size(); ++i) {
                const std::string& name = resource_.fields[sorts[i]].name;
                names += (i > 0 ? "," : "") + json_text(name) + ',' + json_text('-' + name);
            }
            operation.parameters.push_back({"sort", In::query, false, names + "]}",
                                            "The order; with - in front the reverse.",
                                            json_text(resource_.fields[sorts[0]].name)});
        }
        for (const Filter& filter : resource_.filters) {
            const Field& field = resource_.fields[filter.field];
            operation.parameters.push_back({filter.parameter, In::query, false, type_schema(field),
                                            "Only those that match.", field.example});
        }
        operation.parameters.push_back(token());
        operation.answers = {
            answer(200, "One page of " + resource_.name, {}, {"Link", "Atoll-Token"})};
        add_read_answers(operation);
        return operation;
    }

    Operation create() const {
        Operation operation = begin("create" + one_, OperationKind::create, Method::post, "",
                                    "Create a " + resource_.one);
        add_write_headers(operation);
        operation.has_body = true;
        operation.answers = {answer(201, "Created", {}, {"Location", "ETag", "Atoll-Token"})};
        if (resource_.create == CreateMode::or_update) {
            operation.answers.push_back(
                answer(200, "It existed and was updated", {}, {"ETag", "Atoll-Token"}));
        }
        operation.answers.push_back(
            answer(409, "Conflict", {"already_exists", "not_unique", "against_order"}));
        operation.answers.push_back(answer(412, "Precondition failed", {"precondition_failed"}));
        add_body_answers(operation);
        return operation;
    }

    void add_body_answers(Operation& operation) const {
        operation.answers.push_back(
            answer(415, "The body is not JSON", {"unsupported_media_type"}));
        add_invalid(operation,
                    {"duplicate_request", "key_reused", "unknown_reference", "not_storable"});
        add_common(operation,
                   {"not_ready", "unavailable", "overloaded", "home_unreachable", "ids_exhausted"});
    }

    Operation update() const {
        Operation operation = begin("update" + one_, OperationKind::update, Method::put,
                                    '/' + key_template(), "Change a " + resource_.one);
        operation.parameters.push_back(key_parameter());
        add_write_headers(operation);
        operation.has_body = true;
        operation.answers = {
            answer(200, "The " + resource_.one + " after the write", {}, {"ETag", "Atoll-Token"}),
            answer(404, "Not found", {"not_found"}),
            answer(409, "Conflict",
                   {"version_conflict", "not_unique", "against_order", "replica_behind"}),
            answer(412, "Precondition failed", {"precondition_failed"}),
            answer(428, "Precondition required", {"precondition_required"})};
        add_body_answers(operation);
        return operation;
    }

    Operation remove() const {
        Operation operation = begin("delete" + one_, OperationKind::remove, Method::remove,
                                    '/' + key_template(), "Delete a " + resource_.one);
        operation.parameters.push_back(key_parameter());
        operation.parameters.push_back({"version", In::query, false,
                                        R"({"type":"integer","minimum":1})",
                                        "The version that was read: another one is 409.", "1"});
        add_write_headers(operation);
        if (api_.answers.deleted == DeletedShape::record) {
            operation.answers = {answer(200, "What was deleted", {}, {"Atoll-Token"})};
        } else {
            operation.answers = {answer(204, "Deleted", {}, {"Atoll-Token"})};
        }
        operation.answers.push_back(answer(404, "Not found", {"not_found"}));
        operation.answers.push_back(
            answer(409, "Conflict", {"version_conflict", "still_referenced", "replica_behind"}));
        operation.answers.push_back(answer(412, "Precondition failed", {"precondition_failed"}));
        operation.answers.push_back(
            answer(428, "Precondition required", {"precondition_required"}));
        add_invalid(operation, {"duplicate_request", "key_reused", "not_storable"});
        add_common(operation, {"not_ready", "unavailable", "overloaded", "home_unreachable"});
        return operation;
    }

    std::string key_template() const { return '{' + resource_.key_field().name + '}'; }

    const Resource& resource_;
    const Api& api_;
    const std::string one_;
};

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

std::vector<Operation> node_operations(const Api& api) {
    std::vector<Operation> made;
    const std::string below = api.path_names_node() ? api.path : "";
    made.push_back(of_node("getHealth", OperationKind::health, below + "/health",
                           "Whether a " + api.nodes_are + " serves", {answer(200, "It does")}));
    made.push_back(of_node("getReplicationLag", OperationKind::lag, below + "/replication-lag",
                           "How far this " + api.nodes_are + " is behind the others",
                           {answer(200, "In seconds, for each peer and in all")}));
    if (api.path_names_node()) {
        for (Operation& operation : made) {
            operation.parameters.push_back(ResourceOperations::node_parameter(api));
        }
    }
    made.push_back(of_node("getLiveness", OperationKind::livez, "/livez", "The process runs",
                           {answer(200, "It does")}));
    made.push_back(of_node("getReadiness", OperationKind::readyz, "/readyz",
                           "This node takes requests; ?verbose says why not",
                           {answer(200, "It does"), answer(503, "It does not")}));
    made.push_back(of_node("getMetrics", OperationKind::metrics, "/metrics",
                           "Counts in Prometheus' text form", {answer(200, "The counts")}));
    made.push_back(of_node("getOpenapi", OperationKind::openapi, "/openapi.json", "This document",
                           {answer(200, "OpenAPI 3.1")}));
    made.push_back(of_node("getDocs", OperationKind::docs, "/docs", "This API, to read and try",
                           {answer(200, "A page")}));
    made.push_back(of_node("getDocsAsset", OperationKind::docs, "/docs/{asset}", "Part of the page",
                           {answer(200, "A file"), answer(404, "Not found", {"not_found"})}));
    for (Operation& operation : made) {
        operation.documented =
            operation.kind == OperationKind::health || operation.kind == OperationKind::lag;
    }
    return made;
}

}  // namespace

std::string_view name_of(Method method) {
    static constexpr std::array names{"GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "?"};
    return names[static_cast<std::size_t>(method)];
}

std::vector<Operation> operations_of(const Schema& schema, const Api& api) {
    std::vector<Operation> all;
    for (const Resource& resource : schema.resources) {
        auto made = ResourceOperations{resource, api}.make();
        all.insert(all.end(), std::make_move_iterator(made.begin()),
                   std::make_move_iterator(made.end()));
    }
    auto made = node_operations(api);
    all.insert(all.end(), std::make_move_iterator(made.begin()),
               std::make_move_iterator(made.end()));
    if (!api.path_names_node()) return all;
    // Each path also works without the node's name: container health checks, proxies that strip it.
    const std::size_t named = all.size();
    for (std::size_t i = 0; i < named; ++i) {
        if (!all[i].path.starts_with(api.path + '/')) continue;
        Operation second = all[i];
        second.path.erase(0, api.path.size());
        second.documented = false;
        all.push_back(std::move(second));
    }
    return all;
}

}  // namespace reef::model
