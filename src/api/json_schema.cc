#include "api/json_schema.hpp"

#include <algorithm>

#include "model/value_text.hpp"

namespace reef::api {

using namespace model;

namespace {

std::string_view json_type(FieldType type) {
    switch (type) {
        case FieldType::boolean:
            return "boolean";
        case FieldType::int32:
        case FieldType::int64:
        case FieldType::version:
            return "integer";
        case FieldType::decimal:
        case FieldType::floating:
            return "number";
        default:
            return "string";
    }
}

std::string_view format_name(FieldType type) {
    switch (type) {
        case FieldType::int32:
            return "int32";
        case FieldType::int64:
        case FieldType::version:
            return "int64";
        case FieldType::decimal:
            return "decimal";
        case FieldType::floating:
            return "double";
        case FieldType::timestamp:
            return "date-time";
        case FieldType::uuid:
            return "uuid";
        default:
            return "";
    }
}

// What no value of a number's type goes beyond; absent for floats.
std::optional<Value> type_bound(const Field& field, bool lower) {
    using Int32 = std::numeric_limits<std::int32_t>;
    using Int64 = std::numeric_limits<std::int64_t>;
    switch (field.type) {
        case FieldType::int32:
            return Value{std::int64_t{lower ? Int32::min() : Int32::max()}};
        case FieldType::int64:
            return Value{lower ? Int64::min() : Int64::max()};
        case FieldType::version:
            return Value{lower ? std::int64_t{1} : Int64::max()};
        case FieldType::decimal: {
            std::int64_t most = 1;
            for (int i = 0; i < field.precision; ++i)
                most *= 10;
            return Value{lower ? 1 - most : most - 1};
        }
        default:
            return std::nullopt;
    }
}

void put_bound(JsonObject& schema, const Field& field, SchemaUse use, bool lower) {
    std::optional<Value> bound;
    if (use != SchemaUse::query) bound = lower ? field.min : field.max;
    if (use == SchemaUse::create && field.key == KeyKind::slots) {
        bound = lower ? std::int64_t{1} : new_number_max;
    }
    // Two regions may add to a counter at once: what is shown can pass the largest one to write.
    const bool sum = use == SchemaUse::answer && field.merge == Merge::counter;
    if (sum && !lower) bound.reset();
    if (!bound && !sum) bound = type_bound(field, lower);
    if (!bound) return;
    std::string json;
    append_json(json, field, *bound);
    schema.put(lower ? "minimum" : "maximum", json);
}

void put_text_rules(JsonObject& schema, const Field& field, SchemaUse use) {
    if (field.key != KeyKind::none || use == SchemaUse::path) schema.put("minLength", "1");
    if (field.text_max) schema.put("maxLength", std::to_string(field.text_max));
    if (use == SchemaUse::answer) return;
    schema.put_text("pattern", field.pattern.empty() ? R"(^[^\u0000]*$)" : field.pattern);
}

void put_type(JsonObject& schema, const Field& field, SchemaUse use, bool nullable) {
    if (field.type == FieldType::json) return;  // anything
    const std::string type = json_text(json_type(field.type));
    schema.put("type", nullable ? json_array({type, "\"null\""}) : type);
    if (const auto format = format_name(field.type); !format.empty()) {
        schema.put_text("format", format);
    }
    if (field.type != FieldType::lattice) return;
    std::vector<std::string> steps;
    for (const std::string& step : field.order)
        steps.push_back(json_text(step));
    for (const Alias& alias : field.aliases)
        if (use != SchemaUse::answer) steps.push_back(json_text(alias.word));
    if (nullable) steps.emplace_back("null");
    schema.put("enum", json_array(steps));
}

bool is_numeric(FieldType type) {
    return json_type(type) == "integer" || json_type(type) == "number";
}

// ---- in words --------------------------------------------------------------------------------

void add_sentence(std::string& text, std::string_view sentence) {
    if (!text.empty()) text += ' ';
    text += sentence;
}

void add_time_bounds(std::string& text, const Field& field) {
    if (field.type != FieldType::timestamp) return;
    if (field.min) add_sentence(text, "Not before " + to_text(field, *field.min) + '.');
    if (field.max) add_sentence(text, "Not after " + to_text(field, *field.max) + '.');
}

void add_merge(std::string& text, const Field& field) {
    if (field.merge == Merge::counter) add_sentence(text, "Concurrent changes add up.");
    if (field.merge == Merge::max) add_sentence(text, "Never decreases.");
    if (field.merge == Merge::min) add_sentence(text, "Never increases.");
    if (field.merge != Merge::lattice) return;
    std::string steps;
    for (const std::string& step : field.order)
        steps += (steps.empty() ? "" : ", ") + step;
    add_sentence(text, "Goes forward only: " + steps + '.');
}

void add_aliases(std::string& text, const Field& field) {
    for (const Alias& alias : field.aliases) {
        const std::string& step = field.order[static_cast<std::size_t>(alias.step)];
        add_sentence(text, '`' + alias.word + "` is taken for `" + step + "`.");
    }
}

std::string description_of(const Resource& resource, FieldId id, SchemaUse use) {
    const Field& field = resource.fields[id];
    std::string text = field.description;
    if (field.type == FieldType::decimal && field.scale > 0) {
        add_sentence(text, "At most " + std::to_string(field.scale) + " decimals.");
    }
    add_time_bounds(text, field);
    if (field.unique) add_sentence(text, "Unique.");
    if (!field.refers_to.empty()) add_sentence(text, "Refers to " + field.refers_to + '.');
    add_merge(text, field);
    if (use != SchemaUse::answer) add_aliases(text, field);
    if (use == SchemaUse::create && id == resource.key && field.key != KeyKind::client) {
        add_sentence(text, "Made by the server when it is left out.");
    }
    const bool changes = use == SchemaUse::update || use == SchemaUse::patch;
    if (changes && is_fixed(resource, id)) {
        add_sentence(text, "May be sent back as it was read; it can't be changed.");
    }
    if (changes && resource.version == id) {
        add_sentence(text, "The one that was read: when there is another by now, 409.");
        if (resource.lock_required) add_sentence(text, "`If-Match` may stand for it.");
    }
    return text;
}

// ---- examples --------------------------------------------------------------------------------

std::int64_t unit_of(const Field& field) {
    std::int64_t unit = 1;
    for (int i = 0; field.type == FieldType::decimal && i < field.scale; ++i)
        unit *= 10;
    return unit;
}

Value sample_of(const Field& field) {
    Value sample;
    switch (field.type) {
        case FieldType::boolean:
            return true;
        case FieldType::floating:
            sample = 1.5;
            break;
        case FieldType::text:
            if (field.key == KeyKind::none) {
                std::string words = field.name.substr(0, field.text_max ? field.text_max : 64);
                std::replace(words.begin(), words.end(), '_', ' ');
                return words;
            }
            [[fallthrough]];
        case FieldType::uuid:
            return std::string{"0198a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b"};
        case FieldType::json:
            return std::string{"{}"};
        case FieldType::lattice:
            return std::int64_t{0};
        case FieldType::timestamp:
            sample = std::int64_t{1767268800000000};  // 2026-01-01T12:00:00Z
            break;
        default:
            sample = field.key == KeyKind::slots ? field.first_key : unit_of(field);
    }
    if (field.min && sample < *field.min) sample = *field.min;
    if (field.max && sample > *field.max) sample = *field.max;
    return sample;
}

}  // namespace

bool is_fixed(const Resource& resource, FieldId field) {
    return field == resource.key || resource.fields[field].set != SetBy::client;
}

bool is_creatable(const Resource& resource, FieldId id) {
    const Field& field = resource.fields[id];
    if (id == resource.key) return field.key == KeyKind::client || field.key_from_client;
    return field.set == SetBy::client && resource.has_state(id);
}

bool is_needed(const Resource& resource, FieldId id, SchemaUse use) {
    const Field& field = resource.fields[id];
    if (use == SchemaUse::create) {
        if (id == resource.key) return field.key == KeyKind::client;
        return is_creatable(resource, id) && !field.nullable && !field.default_value;
    }
    if (resource.version == id) return resource.lock_required;
    if (use == SchemaUse::patch) return false;
    const auto& needs = resource.update_needs;
    return std::find(needs.begin(), needs.end(), id) != needs.end();
}

std::string json_schema(const Resource& resource, FieldId id, SchemaUse use) {
    const Field& field = resource.fields[id];
    const bool in_body = use != SchemaUse::path && use != SchemaUse::query;
    const bool integer_key = id == resource.key && json_type(field.type) == "integer";
    JsonObject schema;
    put_type(schema, field, use, field.nullable && in_body);
    // No record has a key beyond 64 bits: that is 404, not a malformed request.
    if (is_numeric(field.type) && !(integer_key && use == SchemaUse::path)) {
        put_bound(schema, field, use, true);
        put_bound(schema, field, use, false);
    }
    if (field.type == FieldType::text) put_text_rules(schema, field, use);
    if (!in_body) return schema.json();
    if (use == SchemaUse::create && field.default_value) {
        std::string json;
        append_json(json, field, *field.default_value);
        schema.put("default", json);
    }
    const bool shown_only =
        is_fixed(resource, id) || (use == SchemaUse::answer && resource.version == id);
    if (shown_only && use != SchemaUse::create) schema.put("readOnly", "true");
    if (const auto text = description_of(resource, id, use); !text.empty()) {
        schema.put_text("description", text);
    }
    if (const auto example = example_of(field); !example.empty()) {
        schema.put("examples", '[' + example + ']');
    }
    return schema.json();
}

std::string object_schema(const Json& object, JsonObject properties,
                          const std::function<std::string(const Json&)>& schema_of_member) {
    std::vector<std::string> required;
    for (const auto& [name, member] : object.members) {
        properties.put(name, schema_of_member(member));
        required.push_back(name);
    }
    return JsonObject{}
        .put_text("type", "object")
        .put("required", json_texts(required))
        .put("properties", properties.json())
        .json();
}

std::string constant_schema(const Json& value) {
    std::string text;
    append_json(text, value);
    return JsonObject{}.put("const", text).json();
}

std::string example_of(const Field& field, int time_digits) {
    if (!field.example.empty()) return field.example;
    const Value sample = sample_of(field);
    if (!check_rules(field, sample)) return "";
    std::string json;
    append_json(json, field, sample, {time_digits, TimeZone::z});
    return json;
}

}  // namespace reef::api
