#include "peers/forward_json.hpp"

#include <charconv>

#include "base/text/json_object.hpp"
#include "model/patch.hpp"
#include "model/value_text.hpp"

namespace reef::peers {

using namespace model;

namespace {

Error bad(std::string what) {
    return {Errc::invalid, std::move(what)};
}

// What this node decides is only what is known to have happened or not to have happened.
constexpr auto refusal_count = static_cast<std::size_t>(Refusal::out_of_range) + 1;

std::optional<Refusal> refusal_from(std::string_view name) {
    for (std::size_t i = 0; i < refusal_count; ++i) {
        if (name_of(static_cast<Refusal>(i)) == name) return static_cast<Refusal>(i);
    }
    return std::nullopt;
}

std::optional<WriteKind> kind_from(std::string_view name) {
    for (const WriteKind kind : {WriteKind::create, WriteKind::update, WriteKind::remove}) {
        if (name_of(kind) == name) return kind;
    }
    return std::nullopt;
}

void append_text_member(std::string& out, std::string_view name, std::string_view text) {
    out += ",\"";
    out += name;
    out += "\":";
    append_json_string(out, text);
}

void append_row_member(std::string& out, std::string_view name, const Schema& schema,
                       const Row& row) {
    out += ",\"";
    out += name;
    out += "\":";
    append_row_json(out, schema[row.resource], row);
}

std::optional<std::int64_t> integer_at(const Json& json, std::string_view name) {
    const std::string_view text = text_at(json, name);
    std::int64_t number = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
    if (text.empty() || read.ec != std::errc{} || read.ptr != text.data() + text.size()) {
        return std::nullopt;
    }
    return number;
}

// The version that the client names: compared here, or for the home to compare.
void append_precondition(std::string& json, const Precondition& precondition) {
    if (precondition.compared) {
        append_text_member(json, "compared", to_text(*precondition.compared));
        json += ",\"compared_version\":" + std::to_string(precondition.compared_version);
        return;
    }
    if (precondition.version) json += ",\"version\":" + std::to_string(*precondition.version);
    if (precondition.if_match.empty()) return;
    std::vector<std::string> tags;
    for (const Vector& vector : precondition.if_match)
        tags.push_back(to_text(vector));
    json += ",\"if_match\":" + json_texts(tags);
}

Result<void> read_precondition(const Json& json, Precondition& precondition) {
    if (const Json* compared = json.find("compared")) {
        precondition.compared = parse_vector(compared->text);
        if (!precondition.compared) return bad("the vector of a forwarded write is not one");
        const auto version = integer_at(json, "compared_version");
        if (version) precondition.compared_version = static_cast<std::uint64_t>(*version);
    }
    if (const auto version = integer_at(json, "version"))
        precondition.version = static_cast<std::uint64_t>(*version);
    const Json* tags = json.find("if_match");
    if (!tags) return {};
    for (const Json& tag : tags->items) {
        auto vector = parse_vector(tag.text);
        if (!vector) return bad("an ETag of a forwarded write is not one");
        precondition.if_match.push_back(std::move(*vector));
    }
    return {};
}

Result<void> read_fields(const Resource& resource, const Json& json, Intent& intent) {
    for (const auto& [name, value] : json.members) {
        const auto field = resource.find_field(name);
        if (!field) return bad("there is no field " + name + " here");
        auto read = read_json(resource.fields[*field], value);
        if (!read) return bad(name + ' ' + read.error().what);
        intent.fields.emplace_back(*field, std::move(*read));
    }
    return {};
}

void append_patches(std::string& out, const Resource& resource,
                    const std::vector<FieldPatch>& patches) {
    if (patches.empty()) return;
    out += ",\"patches\":{";
    for (const FieldPatch& patch : patches) {
        const Field& field = resource.fields[patch.field];
        if (out.back() != '{') out += ',';
        append_json_string(out, field.name);
        out += ':';
        append_json(out, field, patch.by);
    }
    out += '}';
}

Result<void> read_patches(const Resource& resource, const Json& json, Intent& intent) {
    for (const auto& [name, value] : json.members) {
        const auto id = resource.find_field(name);
        if (!id) return bad("there is no field " + name + " here");
        auto by = read_patch_value(resource.fields[*id], value);
        if (!by) return bad(name + ' ' + by.error().what);
        intent.patches.push_back({*id, std::move(*by)});
    }
    return {};
}

Result<std::optional<Row>> row_at(const Schema& schema, const Json& json, std::string_view name) {
    const Json* row = json.find(name);
    if (!row) return std::optional<Row>{};
    const Resource* resource = schema.find(text_at(json, "resource"));
    if (!resource) return bad("the answer's resource is not known here");
    auto read = read_row_json(*resource, *row);
    if (!read) return read.error();
    return std::optional{std::move(*read)};
}

std::string accepted_json(const Schema& schema, std::string_view outcome, WriteKind kind,
                          const Stamp& stamp, const Row& row, std::string_view in_stead) {
    std::string json = "{\"outcome\":\"";
    json += outcome;
    json += '"';
    append_text_member(json, "resource", schema[row.resource].name);
    append_text_member(json, "kind", name_of(kind));
    append_text_member(json, "stamp", to_text(stamp));
    append_row_member(json, "row", schema, row);
    if (!in_stead.empty()) append_text_member(json, "in_stead", in_stead);
    return json + '}';
}

std::string refused_json(const Schema& schema, const Refused& refused) {
    std::string json = "{\"outcome\":\"refused\"";
    append_text_member(json, "refusal", name_of(refused.refusal));
    append_text_member(json, "detail", refused.detail);
    append_text_member(json, "pointer", refused.pointer);
    if (refused.current) {
        append_text_member(json, "resource", schema[refused.current->resource].name);
        append_row_member(json, "current", schema, *refused.current);
    }
    return json + '}';
}

Result<Outcome> parse_refused(const Schema& schema, const Json& json) {
    const auto refusal = refusal_from(text_at(json, "refusal"));
    auto current = row_at(schema, json, "current");
    if (!refusal || !current) return bad("the answer's refusal is not one");
    return Outcome{Refused{*refusal, std::string{text_at(json, "detail")},
                           std::string{text_at(json, "pointer")}, std::move(*current)}};
}

}  // namespace

std::string intent_json(const Schema& schema, const Intent& intent) {
    const Resource& resource = schema[intent.resource];
    std::string json = "{\"kind\":\"";
    json += name_of(intent.kind);
    json += '"';
    append_text_member(json, "resource", resource.name);
    append_text_member(json, "key", to_text(*intent.key));
    // A node of an earlier build would carry out a part of it: without "fields" it refuses.
    json += intent.patches.empty() ? ",\"fields\":{" : ",\"patched_fields\":{";
    for (std::size_t i = 0; i < intent.fields.size(); ++i) {
        const Field& field = resource.fields[intent.fields[i].first];
        if (i > 0) json += ',';
        append_json_string(json, field.name);
        json += ':';
        append_json(json, field, intent.fields[i].second);
    }
    json += '}';
    append_patches(json, resource, intent.patches);
    append_precondition(json, intent.precondition);
    append_request_json(json, intent.request);
    json += ",\"received\":" + std::to_string(intent.received.us);
    append_headers_json(json, intent.headers);
    append_text_member(json, "traceparent", intent.traceparent);
    if (!intent.inputs.empty()) json += ",\"inputs\":" + intent.inputs;
    json += ",\"passed\":" + json_texts(intent.passed);
    return json + '}';
}

Result<Intent> parse_intent(const Schema& schema, std::string_view text) {
    const auto json = parse_json(text);
    if (!json) return json.error();
    const auto kind = kind_from(text_at(*json, "kind"));
    const Resource* resource = schema.find(text_at(*json, "resource"));
    const Json* patches = json->find("patches");
    const Json* fields = json->find(patches ? "patched_fields" : "fields");
    const Json* request = json->find("request");
    const auto received = integer_at(*json, "received");
    if (!kind || !resource || !fields || !request || !received) {
        return bad("a forwarded write lacks its kind, resource, fields, request or time");
    }
    Intent intent;
    intent.kind = *kind;
    intent.resource = resource->id;
    intent.received = Time{*received};
    intent.traceparent = text_at(*json, "traceparent");
    const auto key = parse_text(resource->key_field(), text_at(*json, "key"));
    if (!key) return bad("the key of a forwarded write " + key.error().what);
    intent.key = *key_from(resource->key_field(), *key);
    if (auto read = read_fields(*resource, *fields, intent); !read) return read.error();
    if (patches) {
        if (auto read = read_patches(*resource, *patches, intent); !read) return read.error();
    }
    auto mark = read_request_json(*request);
    if (!mark) return mark.error();
    intent.request = std::move(*mark);
    if (auto read = read_precondition(*json, intent.precondition); !read) return read.error();
    const Json* passed = json->find("passed");
    intent.decide_locally = !passed;
    if (passed) {
        for (const Json& node : passed->items)
            intent.passed.push_back(node.text);
    }
    if (const Json* inputs = json->find("inputs")) append_json(intent.inputs, *inputs);
    if (const Json* headers = json->find("headers")) {
        for (const auto& [name, value] : headers->members) {
            intent.headers.emplace_back(name, value.text);
        }
    }
    return intent;
}

std::string outcome_json(const Schema& schema, const Outcome& outcome) {
    if (const auto* accepted = std::get_if<Accepted>(&outcome)) {
        return accepted_json(schema, "accepted", accepted->kind, accepted->stamp, accepted->row,
                             accepted->in_stead);
    }
    if (const auto* replayed = std::get_if<Replayed>(&outcome)) {
        return accepted_json(schema, "replayed", replayed->seen.kind, replayed->seen.stamp,
                             *replayed->row, replayed->in_stead);
    }
    return refused_json(schema, std::get<Refused>(outcome));
}

Result<Outcome> parse_outcome(const Schema& schema, std::string_view text) {
    const auto json = parse_json(text);
    if (!json) return json.error();
    const std::string_view outcome = text_at(*json, "outcome");
    if (outcome == "refused") return parse_refused(schema, *json);
    const auto kind = kind_from(text_at(*json, "kind"));
    const auto stamp = parse_stamp(text_at(*json, "stamp"));
    auto row = row_at(schema, *json, "row");
    if (!row) return row.error();
    if (!kind || !stamp || !*row) return bad("the home's answer lacks its kind, stamp or row");
    std::string in_stead{text_at(*json, "in_stead")};
    if (outcome == "accepted")
        return Outcome{Accepted{std::move(**row), *kind, *stamp, std::move(in_stead)}};
    Replayed replayed;
    replayed.in_stead = std::move(in_stead);
    replayed.seen.stamp = *stamp;
    replayed.seen.kind = *kind;
    replayed.seen.record = (*row)->ref();
    replayed.row = std::move(*row);
    return Outcome{std::move(replayed)};
}

}  // namespace reef::peers
