#include "api/event_schema.hpp"

#include <array>
#include <optional>

#include "api/json_schema.hpp"
#include "api/operations.hpp"
#include "base/text/json.hpp"
#include "base/text/json_object.hpp"
#include "base/text/template.hpp"

namespace reef::api {

using namespace model;

namespace {

constexpr char mark = '\x01';  // before the name of a part that is a whole JSON value
constexpr std::string_view text_schema = R"({"type":"string"})";
constexpr std::string_view local_time_schema =
    R"({"type":"string","pattern":"^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{6}$",)"
    R"("description":"UTC, without a zone.","examples":["2026-01-01T12:00:00.000000"]})";
constexpr std::string_view time_schema =
    R"({"type":"string","format":"date-time","examples":["2026-01-01T12:00:00.000000Z"]})";

std::string_view past_of(WriteKind kind) {
    static constexpr std::array words{"created", "updated", "deleted"};
    return kind == WriteKind::create ? words[0] : kind == WriteKind::update ? words[1] : words[2];
}

std::string_view method_of(WriteKind kind) {
    static constexpr std::array words{"POST", "PUT", "DELETE"};
    return kind == WriteKind::create ? words[0] : kind == WriteKind::update ? words[1] : words[2];
}

// What the kind of write says of a part; absent where only the write itself does.
std::optional<std::string> known_part(const EventKind& kind, std::string_view part) {
    const bool creates = kind.write == WriteKind::create;
    if (part == "resource") return kind.resource.name;
    if (part == "one") return kind.resource.one;
    if (part == "past") return std::string{past_of(kind.write)};
    if (part == "method") return std::string{method_of(kind.write)};
    if (part == "path" && creates) return kind.api.path + '/' + kind.resource.name + '/';
    return std::nullopt;
}

std::string const_schema(std::string_view text) {
    return JsonObject{}.put("const", json_text(text)).json();
}

std::string nodes_schema(const Api& api) {
    return JsonObject{}.put_text("type", "string").put("enum", json_texts(api.nodes)).json();
}

std::string row_of(const EventKind& kind) {
    const std::string row =
        JsonObject{}.put_text("$ref", "#/components/schemas/" + event_row_name(kind)).json();
    if (kind.write != WriteKind::remove || kind.as_shown) return row;
    return R"({"allOf":[)" + row +
           R"(,{"required":["deleted"],"properties":{"deleted":{"const":true}}}]})";
}

std::string key_schema(const EventKind& kind) {
    return json_schema(kind.resource, kind.resource.key, SchemaUse::answer);
}

// Of a part that is a whole value: JSON, or a text with quotes around it.
std::string part_schema(const EventKind& kind, std::string_view part) {
    const bool creates = kind.write == WriteKind::create;
    if (const auto known = known_part(kind, part)) return const_schema(*known);
    if (part == "record") return row_of(kind);
    if (part == "key") return key_schema(kind);
    if (part == "known_key") return creates ? R"({"type":"null"})" : key_schema(kind);
    if (part == "version") return R"({"type":"integer","minimum":1})";
    if (part == "input")
        return R"({"type":"object","description":"The fields as they were sent."})";
    if (part == "source" || part == "target") return nodes_schema(kind.api);
    if (part == "time") return std::string{time_schema};
    if (part == "local_time") return std::string{local_time_schema};
    return std::string{text_schema};
}

// The name of the only part of a text; "" when there is more than that.
std::string only_part(const Template& text) {
    const auto& pieces = text.pieces();
    const bool only = pieces.size() == 1 && pieces[0].text.empty();
    return only ? pieces[0].part : "";
}

std::string schema_of(const EventKind& kind, const Json& json) {
    if (json.is(Json::Kind::string)) {
        if (json.text.starts_with(mark)) return part_schema(kind, json.text.substr(1));
        return event_text_schema(kind, json.text);
    }
    if (!json.is(Json::Kind::object)) return constant_schema(json);
    return object_schema(json, {}, [&](const Json& member) { return schema_of(kind, member); });
}

// The body as JSON in which every part is a string: whole values with a mark before the name.
std::string with_marks(const Template& body) {
    std::string json;
    for (const Template::Piece& piece : body.pieces()) {
        json += piece.text;
        if (piece.part.empty()) continue;
        json += piece.quoted ? '<' + piece.part + '>' : R"("\u0001)" + piece.part + '"';
    }
    return json;
}

}  // namespace

std::string event_row_name(const EventKind& kind) {
    return type_name(kind.schema, kind.resource) + (kind.as_shown ? "" : "Row");
}

std::string event_row_schema(const EventKind& kind) {
    const Resource& resource = kind.resource;
    JsonObject properties;
    std::vector<std::string> required;
    for (FieldId id = 0; id < resource.fields.size(); ++id) {
        const Field& field = resource.fields[id];
        const bool time = field.type == FieldType::timestamp && !field.nullable && !kind.as_shown;
        properties.put(field.name, time ? std::string{local_time_schema}
                                        : json_schema(resource, id, SchemaUse::answer));
        required.push_back(field.name);
    }
    return JsonObject{}
        .put_text("type", "object")
        .put_text("description", "One of " + resource.name + ", after the write.")
        .put("required", json_texts(required))
        .put("properties", properties.json())
        .json();
}

bool is_text_body(const EventKind& kind, const std::string& body) {
    const std::string part = only_part(Template{body, Template::Form::text});
    return kind.as_shown && !part.empty() && part != "record";
}

std::string event_body_schema(const EventKind& kind, const std::string& body) {
    if (body.empty()) {
        return R"({"type":"object","description":"The change in Atoll's own form."})";
    }
    if (is_text_body(kind, body)) return event_text_schema(kind, body);
    const auto json = parse_json(with_marks(Template{body, Template::Form::json}));
    return json ? schema_of(kind, *json) : "true";
}

std::string event_text_schema(const EventKind& kind, const std::string& text) {
    const Template pattern{text, Template::Form::text};
    const std::string part = only_part(pattern);
    if (part == "key" || part == "known_key" || part == "version") return std::string{text_schema};
    if (!part.empty()) return part_schema(kind, part);
    const std::string known = known_text(kind, text);
    if (known.find('{') == std::string::npos) return const_schema(known);
    return JsonObject{}.put_text("type", "string").put_text("description", known).json();
}

std::string known_text(const EventKind& kind, const std::string& text) {
    const Template pattern{text, Template::Form::text};
    std::string filled;
    for (const Template::Piece& piece : pattern.pieces()) {
        filled += piece.text;
        if (piece.part.empty()) continue;
        const auto known = known_part(kind, piece.part);
        filled += known ? *known : '{' + piece.part + '}';
    }
    return filled;
}

}  // namespace reef::api
