#include "api/openapi_answers.hpp"

#include <algorithm>
#include <array>

#include "api/openapi_problems.hpp"
#include "api/openapi_schema.hpp"
#include "api/record_operations.hpp"
#include "http/problem.hpp"
#include "http/wrap.hpp"

namespace reef::api {

using namespace model;

namespace {

struct HeaderText {
    std::string_view name;
    std::string_view description;
    std::string_view schema;
};

constexpr std::array header_texts{
    HeaderText{"ETag", "The record's state, for `If-Match` and `If-None-Match`.",
               R"({"type":"string","examples":["\"base:1:1\""]})"},
    HeaderText{"Atoll-Token",
               "What this answer shows or wrote: a read that sends it along, to whichever node, "
               "shows no less.",
               R"({"type":"string","examples":["us.k3f9ab:12"]})"},
    HeaderText{
        "Atoll-In-Stead",
        "The record's home, which was silent: this write was decided in its stead. If its home "
        "took another one meanwhile, both are listed as a conflict.",
        R"({"type":"string","examples":["us"]})"},
    HeaderText{"Atoll-Served-By", "Who has answered.", R"({"type":"string","examples":["us"]})"},
    HeaderText{"Atoll-Age", "By how many seconds this answer may be behind.",
               R"({"type":"number","minimum":0,"examples":[0.004]})"},
    HeaderText{"Atoll-Unreadable",
               "So many records were left out, since what is stored of them cannot be read.",
               R"({"type":"integer","minimum":1})"},
    HeaderText{"Link", "The next page, while there is one: `<…>; rel=\"next\"`.",
               R"({"type":"string"})"},
    HeaderText{"Location", "Where the new record is.",
               R"({"type":"string","format":"uri-reference"})"},
    HeaderText{"Idempotency-Replayed",
               "`true`: the request had taken effect before, and this is its answer.",
               R"({"type":"string","enum":["true"]})"},
    HeaderText{"Preference-Applied", "What became of `Prefer`: `atoll-peers=1`.",
               R"({"type":"string"})"},
    HeaderText{"Retry-After", "After how many seconds to try again.",
               R"({"type":"integer","minimum":0})"},
};

// ---- successes -------------------------------------------------------------------------------

const std::string& message_of(const Resource& resource, const Operation& operation, int status) {
    switch (operation.kind) {
        case OperationKind::list:
            return resource.messages.list;
        case OperationKind::create:
            return status == 201 ? resource.messages.create : resource.messages.update;
        case OperationKind::update:
        case OperationKind::patch:
            return resource.messages.update;
        case OperationKind::remove:
            return resource.messages.remove;
        default:
            return resource.messages.get;
    }
}

std::string success_example(const DocumentParts& parts, const Operation& operation, int status) {
    const Api& api = parts.api;
    const Resource* resource = parts.resource_of(operation);
    if (operation.kind == OperationKind::health) {
        return JsonObject{}
            .put_text("status", "ok")
            .put_text(api.nodes_are, api.nodes.empty() ? "" : api.nodes.front())
            .json();
    }
    if (!resource) {
        return R"({"lag_seconds":0.004,"peers":[{"name":")" +
               (api.nodes.size() > 1 ? api.nodes[1] : "eu") +
               R"(","lag_seconds":0.004,"pending":0,"connected":true,)"
               R"("applied_per_second":12.0,"last_contact_seconds":0.12}]})";
    }
    std::string data = record_example(*resource, api.answers);
    if (operation.kind == OperationKind::list) {
        data = '[' + data + ']';
        if (api.answers.list == ListShape::page) {
            data = JsonObject{}.put("items", data).put("next", "null").json();
        }
    }
    if (api.answers.wrap.empty()) return data;
    return http::Wrap{api.answers.wrap}.fill(
        {.data = data, .text = message_of(*resource, operation, status)});
}

std::string success_content(const DocumentParts& parts, const Operation& operation, int status) {
    const JsonObject media =
        JsonObject{}
            .put("schema", schema_reference(answer_schema_name(parts, operation)))
            .put("example", success_example(parts, operation, status));
    return JsonObject{}.put("application/json", media.json()).json();
}

// ---- responses -------------------------------------------------------------------------------

std::string response_json(const DocumentParts& parts, const Operation& operation,
                          const Answer& answer) {
    JsonObject response;
    response.put_text("description", problem_description(answer));
    JsonObject headers;
    const auto add_header = [&headers](const std::string& name) {
        headers.put(name, JsonObject{}.put_text("$ref", "#/components/headers/" + name).json());
    };
    for (const std::string& name : answer.headers)
        add_header(name);
    add_header("Atoll-Served-By");
    response.put("headers", headers.json());
    const bool empty = answer.status == 204 || answer.status == 304;
    if (!answer.errors.empty()) {
        response.put("content", problem_content(parts, operation, answer));
    } else if (!empty) {
        response.put("content", success_content(parts, operation, answer.status));
    }
    return response.json();
}

bool is_shared(const DocumentParts& parts, const Answer& answer) {
    if (answer.errors.size() != 1 || !is_before_routing(answer.errors.front())) return false;
    return std::all_of(parts.operations.begin(), parts.operations.end(), [&](const auto& other) {
        const auto& answers = other.answers;
        return !other.documented ||
               std::find(answers.begin(), answers.end(), answer) != answers.end();
    });
}

std::string shared_name(const Answer& answer) {
    return pascal_case(http::problem_kind(answer.errors.front()).title);
}

}  // namespace

std::string responses_json(const DocumentParts& parts, const Operation& operation) {
    JsonObject responses;
    for (const Answer& answer : operation.answers) {
        const std::string status = std::to_string(answer.status);
        if (is_shared(parts, answer)) {
            const std::string at = "#/components/responses/" + shared_name(answer);
            responses.put(status, JsonObject{}.put_text("$ref", at).json());
        } else {
            responses.put(status, response_json(parts, operation, answer));
        }
    }
    return responses.json();
}

std::string shared_responses_json(const DocumentParts& parts) {
    JsonObject responses;
    if (parts.operations.empty()) return responses.json();
    const Operation& any = parts.operations.front();
    for (const Answer& answer : any.answers) {
        if (!is_shared(parts, answer)) continue;
        responses.put(shared_name(answer), response_json(parts, any, answer));
    }
    return responses.json();
}

std::string headers_json(const Api& api) {
    JsonObject headers;
    for (const HeaderText& header : header_texts) {
        if (header.name == "Atoll-Age" && !api.has_replicas) continue;
        headers.put(header.name, JsonObject{}
                                     .put_text("description", header.description)
                                     .put("schema", header.schema)
                                     .json());
    }
    return headers.json();
}

}  // namespace reef::api
