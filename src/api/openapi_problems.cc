#include "api/openapi_problems.hpp"

#include <algorithm>
#include <array>

#include "api/json_schema.hpp"
#include "base/text/json_object.hpp"
#include "base/text/uri.hpp"
#include "http/problem.hpp"
#include "model/value_text.hpp"

namespace reef::api {

using namespace model;

namespace {

constexpr std::array texts{
    ProblemText{"invalid_request",
                "something in the request is wrong: `errors` names each field, parameter and "
                "header.",
                ""},
    ProblemText{"malformed_request", "this was no proper HTTP request.", "Host is missing"},
    ProblemText{"not_found", "there is no such record, or nothing at this path.",
                "there is no <record>"},
    ProblemText{"request_timeout", "the request came too slowly.",
                "the request did not come in time"},
    ProblemText{"already_exists", "there is a record with this key.", "<record> exists already",
                true},
    ProblemText{"version_conflict",
                "somebody else has changed the record since it was read: take `current`, make the "
                "change to it, and send it with its version. The request's id is not used up.",
                "<record> is at version 2, the request has version 1", true},
    ProblemText{"replica_behind",
                "the request names a state of the record that has not come here yet: try again.",
                "<record> has changed since, at its home", true},
    ProblemText{"still_referenced", "other records refer to this one.",
                "other records still refer to <record>", true},
    ProblemText{"not_unique", "another record has this value already.",
                "<record> has this value already"},
    ProblemText{"against_order", "a field would go back in its order.",
                "the field can't become less than it is", true},
    ProblemText{"out_of_range", "what is added to a counter would bring it beyond its bounds.",
                "stock must be at least 0", true},
    ProblemText{"token_lost",
                "the token names a write that no longer exists anywhere: go on without it.",
                "the token names a write of this node that no longer exists"},
    ProblemText{"precondition_failed",
                "the record is not in the state that the headers ask for: read it again.",
                "<record> has changed since: its ETag is \"base:2:2\"", true},
    ProblemText{"body_too_large", "the body has more bytes than the server takes.",
                "the body is too large"},
    ProblemText{"target_too_long", "path and query have more bytes than the server takes.",
                "the request target is too long"},
    ProblemText{"unsupported_media_type", "`Content-Type` is neither `application/json` nor +json.",
                "the body must be application/json"},
    ProblemText{"duplicate_request",
                "a request with this `X-Request-ID` has taken effect. For a repeat that gets the "
                "first answer there is `Idempotency-Key`.",
                "a request with this X-Request-ID has taken effect: it changed <key>"},
    ProblemText{"key_reused", "this `Idempotency-Key` was used for another request.",
                "this Idempotency-Key was used for another request: take a new one"},
    ProblemText{"unknown_reference", "a field refers to a record that does not exist.",
                "there is no such record"},
    ProblemText{"not_storable", "the database refuses the record.",
                "the database refused this record"},
    ProblemText{"record_too_large", "the record would be larger than what may be kept.",
                "<record> would have 17000000 bytes as JSON, with what is kept of its writes; at "
                "most 16777216 are taken"},
    ProblemText{"precondition_required", "the request does not say which version it is about.",
                "say which version this is about: If-Match or version", true},
    ProblemText{"headers_too_large", "the header has more bytes or fields than the server takes.",
                "the header is too large"},
    ProblemText{"internal_error", "the server made a mistake; its log says more.",
                "an unexpected error"},
    ProblemText{"record_unreadable",
                "what is stored of the record cannot be read: `atoll repair` takes it from a peer.",
                "<record> was written by another program and cannot be read: atoll_vector"},
    ProblemText{"overloaded", "too much is under way: try again after `Retry-After` seconds.",
                "too many writes are waiting"},
    ProblemText{"unavailable", "the database, or the record's home, can't be reached now.",
                "the database can't be reached"},
    ProblemText{"not_ready", "this node is starting.", "this node is starting: try again soon"},
    ProblemText{
        "home_unreachable",
        "the record is written elsewhere, or a unique value is kept there, and nobody answers "
        "there.",
        "<record> is written elsewhere, and can't be reached now: try again soon"},
    ProblemText{"behind_token", "what the token names has not come here yet.",
                "this store has not come as far yet"},
    ProblemText{"ids_exhausted", "this node has no free id left.",
                "no free id is left for this node"},
};

// ---- examples --------------------------------------------------------------------------------

std::string replaced(std::string_view text, std::string_view mark, std::string_view by) {
    std::string filled{text};
    for (std::size_t at = filled.find(mark); at != filled.npos; at = filled.find(mark, at)) {
        filled.replace(at, mark.size(), by);
        at += by.size();
    }
    return filled;
}

// An example without its quotes.
std::string bare(std::string_view json) {
    return std::string{json.starts_with('"') ? json.substr(1, json.size() - 2) : json};
}

std::string key_text(const Resource* resource) {
    return resource ? bare(example_of(resource->key_field())) : "";
}

std::string example_path(const Operation& operation) {
    std::string path = operation.path;
    for (const Parameter& parameter : operation.parameters) {
        if (parameter.in != In::path) continue;
        path = replaced(path, '{' + parameter.name + '}', percent_encode(bare(parameter.example)));
    }
    return path;
}

// Something that can be wrong with a request of this operation, in the server's own words.
http::Fault example_fault(const Operation& operation, const Resource& resource) {
    if (operation.kind == OperationKind::list) {
        const std::string upper = resource.page.limits_above_max
                                      ? " on"
                                      : " to " + std::to_string(resource.page.rows_max);
        return {"parameter", "limit", "must be an integer from 1" + upper};
    }
    for (FieldId id = 0; operation.has_body && id < resource.fields.size(); ++id) {
        if (id == resource.key || !is_creatable(resource, id)) continue;
        Json object;
        object.kind = Json::Kind::object;
        const auto read = read_json(resource.fields[id], object);
        if (!read) return {"pointer", '/' + resource.fields[id].name, read.error().what};
    }
    return {"parameter", "colour", "is not a parameter of this request"};
}

bool shows_current(const Answer& answer) {
    return std::any_of(answer.errors.begin(), answer.errors.end(), [](const std::string& code) {
        const ProblemText* text = find_problem_text(code);
        return text && text->shows_current;
    });
}

// Written by what writes the real ones.
std::string problem_example(const DocumentParts& parts, const Operation& operation,
                            const ProblemText& text) {
    const http::ProblemWriter writer{parts.api.answers.problems};
    const Resource* resource = parts.resource_of(operation);
    if (is_before_routing(text.code)) {
        return writer.write(http::problem_kind(text.code).status, text.detail).body;
    }
    http::Problem problem;
    problem.code = text.code;
    problem.detail = replaced(text.detail, "<key>", key_text(resource));
    if (resource) {
        problem.detail =
            replaced(problem.detail, "<record>", resource->name + '/' + key_text(resource));
        if (text.shows_current)
            problem.current = record_example(*resource, parts.api.answers, true);
        if (text.code == "invalid_request") {
            problem.faults.push_back(example_fault(operation, *resource));
        }
        if (text.code == "not_found" && !resource->messages.not_found.empty()) {
            problem.detail = resource->messages.not_found;
            problem.title = resource->messages.not_found;
        }
    } else if (text.code == "not_found") {
        problem.detail = "there is nothing at /elsewhere";
    }
    const std::string path = example_path(operation);
    http::Request request;
    request.path = path;
    return writer.write(problem, request).body;
}

std::string problem_schema(const DocumentParts& parts, const Operation& operation,
                           const Answer& answer) {
    const std::string codes = JsonObject{}.put("enum", json_texts(answer.errors)).json();
    const std::string& pattern = parts.api.answers.problems.wrap_error;
    if (!pattern.empty()) return wrapped_schema(pattern, {"{}", codes, {}});
    JsonObject narrowed;
    narrowed.put("status", JsonObject{}.put("const", std::to_string(answer.status)).json());
    narrowed.put("code", codes);
    if (const Resource* resource = parts.resource_of(operation);
        resource && shows_current(answer)) {
        narrowed.put("current", schema_reference(type_name(parts.schema, *resource)));
    }
    return JsonObject{}
        .put("allOf", json_array({schema_reference("Problem"),
                                  JsonObject{}.put("properties", narrowed.json()).json()}))
        .json();
}

}  // namespace

const ProblemText* find_problem_text(std::string_view code) {
    const auto found = std::find_if(texts.begin(), texts.end(),
                                    [code](const ProblemText& text) { return text.code == code; });
    return found == texts.end() ? nullptr : &*found;
}

bool is_before_routing(std::string_view code) {
    static constexpr std::array before{"malformed_request", "request_timeout",   "body_too_large",
                                       "target_too_long",   "headers_too_large", "internal_error"};
    return std::find(before.begin(), before.end(), code) != before.end();
}

std::string problem_description(const Answer& answer) {
    std::string text = answer.description;
    for (const std::string& code : answer.errors) {
        if (const ProblemText* known = find_problem_text(code)) {
            text += "\n- `" + code + "`: " + std::string{known->when};
        }
    }
    return text;
}

std::string problem_content(const DocumentParts& parts, const Operation& operation,
                            const Answer& answer) {
    JsonObject examples;
    for (const std::string& code : answer.errors) {
        const ProblemText* text = find_problem_text(code);
        if (!text) continue;
        examples.put(code,
                     JsonObject{}.put("value", problem_example(parts, operation, *text)).json());
    }
    const JsonObject media = JsonObject{}
                                 .put("schema", problem_schema(parts, operation, answer))
                                 .put("examples", examples.json());
    const bool wraps = !parts.api.answers.problems.wrap_error.empty();
    return JsonObject{}
        .put(wraps ? "application/json" : "application/problem+json", media.json())
        .json();
}

}  // namespace reef::api
