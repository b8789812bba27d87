#include "api/openapi_schema.hpp"

#include "base/text/json.hpp"
#include "http/wrap.hpp"

namespace reef::api {

using namespace model;

namespace {

constexpr std::string_view passed_over =
    R"({"readOnly":true,"description":"Set by the server: what a body says is passed over."})";

// By how much a counter changes.
std::string addition_schema(const Resource& resource, FieldId id) {
    const std::string number = json_schema(resource, id, SchemaUse::query);
    return JsonObject{}
        .put_text("type", "object")
        .put_text("description", "What is added. Additions of several clients all count.")
        .put("required", json_texts({"add"}))
        .put("properties", JsonObject{}.put("add", number).json())
        .put("additionalProperties", "false")
        .json();
}

// The schema of a field in a record or a body; "" where it has no place.
std::string member_schema(const Resource& resource, FieldId id, SchemaUse use, SetByServer set) {
    const bool changes = use == SchemaUse::update || use == SchemaUse::patch;
    const bool chosen = use == SchemaUse::answer || is_creatable(resource, id) ||
                        (changes && (id == resource.key || resource.version == id));
    const bool adds = use == SchemaUse::patch && resource.fields[id].merge == Merge::counter;
    if (chosen && adds) {
        const std::string value = json_schema(resource, id, use);
        const std::string either = json_array({value, addition_schema(resource, id)});
        return JsonObject{}.put("anyOf", either).json();
    }
    if (chosen) return json_schema(resource, id, use);
    if (set == SetByServer::ignore) return std::string{passed_over};
    const bool may_be_sent_back = changes && set == SetByServer::same;
    return may_be_sent_back ? json_schema(resource, id, use) : "";
}

std::string body_schema(const Resource& resource, SchemaUse use, SetByServer set,
                        std::string_view description) {
    JsonObject properties;
    std::vector<std::string> required;
    for (FieldId id = 0; id < resource.fields.size(); ++id) {
        const std::string member = member_schema(resource, id, use, set);
        if (member.empty()) continue;
        properties.put(resource.fields[id].name, member);
        const bool needed = use == SchemaUse::answer || is_needed(resource, id, use);
        if (needed) required.push_back(resource.fields[id].name);
    }
    JsonObject schema;
    schema.put_text("type", "object").put_text("description", description);
    if (!required.empty()) schema.put("required", json_texts(required));
    schema.put("properties", properties.json());
    // Clients must expect that records get more fields; the server takes none that it doesn't know.
    if (use != SchemaUse::answer) schema.put("additionalProperties", "false");
    return schema.json();
}

std::string update_description(const Resource& resource) {
    std::string text = "What is to be changed; fields that are left out stay as they are.";
    if (resource.lock_required && resource.version) {
        const std::string& version = resource.fields[*resource.version].name;
        text += " With the header `If-Match`, `" + version + "` may be left out too.";
    }
    return text;
}

std::string schema_of(const Json& json, const Wrapped& wrapped, bool is_top) {
    if (json.text == "<data>") return wrapped.data;
    if (json.text == "<code>") return wrapped.codes;
    if (json.text == "<text>") return R"({"type":"string"})";
    if (!json.is(Json::Kind::object)) return constant_schema(json);
    return object_schema(json, is_top ? wrapped.more : JsonObject{},
                         [&](const Json& member) { return schema_of(member, wrapped, false); });
}

// ---- answers ---------------------------------------------------------------------------------

constexpr std::string_view total_schema =
    R"({"type":"integer","minimum":0,"description":"On all pages: with `count=true`."})";

std::string list_schema(const DocumentParts& parts, const Resource& resource) {
    const Answers& answers = parts.api.answers;
    const bool pages = resource.page.by == PageBy::cursor;
    std::string data = JsonObject{}
                           .put_text("type", "array")
                           .put("items", schema_reference(type_name(parts.schema, resource)))
                           .json();
    if (answers.list == ListShape::page) {
        JsonObject properties;
        properties.put("items", data)
            .put("next",
                 R"({"type":["string","null"],"description":"The `cursor` of the next page."})");
        if (pages) properties.put("total", total_schema);
        data = JsonObject{}
                   .put_text("type", "object")
                   .put("required", json_texts({"items", "next"}))
                   .put("properties", properties.json())
                   .json();
    }
    if (answers.wrap.empty()) return data;
    JsonObject more;
    if (pages) {
        more.put("next", R"({"type":"string","description":"The `cursor` of the next page."})");
        more.put("total", total_schema);
    }
    return wrapped_schema(answers.wrap, {data, "{}", more});
}

// RFC 9457, and what this service adds to it.
std::string bare_problem_schema() {
    constexpr std::string_view fault =
        R"({"type":"object","required":["detail"],"properties":{)"
        R"("pointer":{"type":"string","description":"JSON Pointer into the body."},)"
        R"("parameter":{"type":"string","description":"Of the path or the query."},)"
        R"("header":{"type":"string"},"detail":{"type":"string"}}})";
    const std::string faults = JsonObject{}.put_text("type", "array").put("items", fault).json();
    JsonObject properties;
    properties.put("type", R"({"type":"string","format":"uri-reference"})")
        .put("title", R"({"type":"string"})")
        .put("status", R"({"type":"integer","minimum":400,"maximum":599})")
        .put("detail", R"({"type":"string","description":"For people."})")
        .put("instance", R"({"type":"string","description":"The path of the request."})")
        .put("error", R"({"type":"string","description":"The title once more."})")
        .put("code", R"({"type":"string","description":"For programs."})")
        .put("request_id", R"({"type":"string","description":"The request's `X-Request-ID`."})")
        .put("errors", faults)
        .put("current", R"({"description":"The record as it is, when that is what differs."})");
    return JsonObject{}
        .put_text("type", "object")
        .put("required", json_texts({"type", "title", "status", "detail", "error", "code"}))
        .put("properties", properties.json())
        .json();
}

std::string health_schema(const Api& api) {
    JsonObject properties;
    properties.put("status", R"({"const":"ok"})")
        .put(api.nodes_are, JsonObject{}
                                .put_text("type", "string")
                                .put("enum", json_texts(api.nodes))
                                .put_text("description", "The one that answers.")
                                .json());
    return JsonObject{}
        .put_text("type", "object")
        .put("required", json_texts({"status", api.nodes_are}))
        .put("properties", properties.json())
        .json();
}

constexpr std::string_view lag_schema =
    R"({"type":"object","required":["lag_seconds","peers"],"properties":{)"
    R"("lag_seconds":{"type":"number","minimum":0,"description":)"
    R"("The age of the oldest change that is known to exist elsewhere and not applied here."},)"
    R"("peers":{"type":"array","items":{"type":"object",)"
    R"("required":["name","lag_seconds","pending","connected"],"properties":{)"
    R"("name":{"type":"string"},"lag_seconds":{"type":"number","minimum":0},)"
    R"("pending":{"type":"integer","minimum":0,"description":"Changes."},)"
    R"("connected":{"type":"boolean"},)"
    R"("applied_per_second":{"type":"number","minimum":0,"description":)"
    R"("Changes of its own, over the last seconds."},)"
    R"("last_contact_seconds":{"type":["number","null"],"minimum":0},)"
    R"("trouble":{"type":"array","description":"What a person must know.","items":)"
    R"({"type":"string","enum":)"
    R"(["needs_snapshot","other_rows","other_run","fork","clock_ahead","other_schema"]}},)"
    R"("reason":{"type":"string","description":"Why it is not connected."},)"
    R"("differs":{"type":"string","description":)"
    R"("What its app and this node's differ by."}}}}}})";

}  // namespace

std::string schema_reference(std::string_view name) {
    return JsonObject{}.put_text("$ref", "#/components/schemas/" + std::string{name}).json();
}

void add_record_schemas(JsonObject& components, const DocumentParts& parts,
                        const Resource& resource) {
    const std::string name = type_name(parts.schema, resource);
    const SetByServer set = parts.api.answers.set_by_server;
    components.put(name,
                   body_schema(resource, SchemaUse::answer, set, "One of " + resource.name + '.'));
    components.put(name + "Create",
                   body_schema(resource, SchemaUse::create, set, "What a new one is made of."));
    components.put(name + "Update",
                   body_schema(resource, SchemaUse::update, set, update_description(resource)));
    components.put(name + "Patch",
                   body_schema(resource, SchemaUse::patch, set, update_description(resource)));
}

void add_answer_schemas(JsonObject& components, const DocumentParts& parts) {
    const Answers& answers = parts.api.answers;
    for (const Resource& resource : parts.schema.resources) {
        const std::string name = type_name(parts.schema, resource);
        components.put(name + "List", list_schema(parts, resource));
        if (answers.wrap.empty()) continue;
        components.put(name + "Answer",
                       wrapped_schema(answers.wrap, {schema_reference(name), "{}", {}}));
    }
    if (answers.problems.wrap_error.empty()) components.put("Problem", bare_problem_schema());
    components.put("Health", health_schema(parts.api));
    components.put("ReplicationLag", lag_schema);
}

std::string answer_schema_name(const DocumentParts& parts, const Operation& operation) {
    if (operation.kind == OperationKind::health) return "Health";
    if (operation.kind == OperationKind::lag) return "ReplicationLag";
    const std::string name = type_name(parts.schema, *parts.resource_of(operation));
    if (operation.kind == OperationKind::list) return name + "List";
    return parts.api.answers.wrap.empty() ? name : name + "Answer";
}

std::string record_example(const Resource& resource, const Answers& answers, bool changed) {
    JsonObject record;
    for (FieldId id = 0; id < resource.fields.size(); ++id) {
        const Field& field = resource.fields[id];
        std::string example = example_of(field, answers.time_digits);
        if (changed && resource.version == id) example = "2";
        record.put(field.name, example.empty() ? "null" : example);
    }
    return record.json();
}

// One change, of the field that shows most.
std::string patch_example(const Resource& resource) {
    std::optional<FieldId> shown;
    for (FieldId id = 0; id < resource.fields.size(); ++id) {
        if (!is_creatable(resource, id) || id == resource.key) continue;
        const bool counts = resource.fields[id].merge == Merge::counter;
        if (!shown || counts) shown = id;
        if (counts) break;
    }
    if (!shown) return "";
    const Field& field = resource.fields[*shown];
    const std::string example = field.merge == Merge::counter ? R"({"add":1})" : example_of(field);
    if (example.empty()) return "";
    JsonObject body;
    body.put(field.name, example);
    if (resource.version && resource.lock_required)
        body.put(resource.fields[*resource.version].name, "1");
    return body.json();
}

std::string body_example(const Resource& resource, SchemaUse use) {
    if (use == SchemaUse::patch) return patch_example(resource);
    JsonObject body;
    const bool names_all = use == SchemaUse::update && resource.update_needs.empty();
    for (FieldId id = 0; id < resource.fields.size(); ++id) {
        const Field& field = resource.fields[id];
        const bool needed = is_needed(resource, id, use);
        const bool may = use == SchemaUse::create ? is_creatable(resource, id) : names_all;
        // A key that the server can make is left to it, and what it sets itself.
        const bool shown = may && id != resource.key && is_creatable(resource, id);
        if (!needed && !shown) continue;
        const std::string example = example_of(field);
        if (example.empty() && needed) return "";
        if (!example.empty()) body.put(field.name, example);
    }
    return body.json();
}

std::string wrapped_schema(const std::string& pattern, const Wrapped& wrapped) {
    const auto json = parse_json(http::Wrap{pattern}.fill({.data = R"("<data>")",
                                                           .text = "<text>",
                                                           .error = "<text>",
                                                           .code = "<code>",
                                                           .title = "<text>",
                                                           .request_id = "<text>"}));
    return json ? schema_of(*json, wrapped, true) : "{}";
}

}  // namespace reef::api
