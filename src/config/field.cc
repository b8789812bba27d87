#include "config/field.hpp"

#include <re2/re2.h>

#include <algorithm>

#include "base/text/json.hpp"
#include "config/field_type.hpp"
#include "model/value_text.hpp"

namespace reef::config {

namespace {

using model::Field;
using model::FieldType;
using model::KeyKind;
using model::Merge;
using model::SetBy;

// ---- values ----------------------------------------------------------------------------------

Json json_of(FieldType type, const Text& text) {
    Json json;
    json.text = text.value;
    json.kind = is_number(type) ? Json::Kind::number : Json::Kind::string;
    if (type == FieldType::boolean && (text.value == "true" || text.value == "false")) {
        json.kind = Json::Kind::boolean;
        json.boolean = text.value == "true";
    }
    return json;
}

// A default, bound or example in the exact form of the field. It is checked against the rules of
// the field that have been read by then.
std::optional<model::Value> read_value(Section& section, const std::string& name,
                                       const Field& field) {
    const Toml* given = section.find(name);
    if (!given) return std::nullopt;
    const bool scalar = !given->is(Toml::Kind::array) && !given->is(Toml::Kind::table);
    const bool text = given->is(Toml::Kind::string) || given->is(Toml::Kind::time);
    const bool wants_text = !is_number(field.type) && field.type != FieldType::boolean;
    if (!scalar || (wants_text && !text)) {
        section.mistake(given->at, in_quotes(name) +
                                       " of a field of this type must be a string, not " +
                                       std::string{name_of(given->kind)});
        return std::nullopt;
    }
    const auto filled = filled_in(*given, section.scope());
    if (!filled) return std::nullopt;
    Json json = json_of(field.type, *filled);
    if (field.type == FieldType::json) {
        auto parsed = parse_json(filled->value);
        if (!parsed) {
            section.mistake(*filled, in_quotes(name) + " must be JSON: " + parsed.error().what);
            return std::nullopt;
        }
        json = std::move(*parsed);
    }
    auto value = model::read_json(field, json);
    if (!value) {
        section.mistake(*filled, in_quotes(name) + ' ' + value.error().what);
        return std::nullopt;
    }
    return std::move(*value);
}

void read_bounds(Section& section, Field& field) {
    const bool ordered = is_number(field.type) || field.type == FieldType::timestamp;
    for (const std::string name : {"min", "max"}) {
        const Toml* given = section.find(name);
        if (!given) continue;
        if (!ordered) {
            section.mistake(given->at, in_quotes(name) + " is for numbers and times" +
                                           (field.type == FieldType::text
                                                ? "; a text's length is said by text(200)"
                                                : ""));
            continue;
        }
        // A lower bound above the upper one is one mistake, not two.
        Field unbounded = field;
        unbounded.min.reset();
        unbounded.max.reset();
        (name == "min" ? field.min : field.max) = read_value(section, name, unbounded);
    }
    if (field.min && field.max && *field.min > *field.max) {
        section.mistake(section.find("max")->at, "\"max\" is below \"min\"");
        field.max.reset();
    }
}

// ---- rules -----------------------------------------------------------------------------------

enum class Role : std::uint8_t { content, key, set, version };

Role role_of(const Section& section, const Field& field) {
    if (field.type == FieldType::version) return Role::version;
    if (section.has("key")) return Role::key;
    return section.has("set") ? Role::set : Role::content;
}

// Which attributes a field of each role can have.
struct Attribute {
    const char* name;
    bool content, key, set, version;
};
constexpr Attribute attributes[] = {
    {"default", true, false, false, false}, {"nullable", true, false, false, false},
    {"min", true, true, false, false},      {"max", true, true, false, false},
    {"pattern", true, true, false, false},  {"unique", true, false, false, false},
    {"index", true, false, true, false},    {"refers_to", true, false, false, false},
    {"merge", true, false, false, false},   {"lattice", true, false, false, false},
    {"aliases", true, false, false, false}, {"from_client", false, true, false, false},
    {"first", false, true, false, false},   {"set", true, false, true, false},
    {"key", true, true, false, false},
};

void check_attributes(Section& section, Role role) {
    for (const Attribute& attribute : attributes) {
        const Toml* given = section.find(attribute.name);
        if (!given) continue;
        const bool fits = role == Role::content ? attribute.content
                          : role == Role::key   ? attribute.key
                          : role == Role::set   ? attribute.set
                                                : attribute.version;
        if (fits) continue;
        section.mistake(given->at, in_quotes(attribute.name) + " has no meaning for " +
                                       (role == Role::content ? "a field that is not the key"
                                        : role == Role::key   ? "the key"
                                        : role == Role::set   ? "a field that Atoll sets itself"
                                                              : "the version"));
    }
}

void read_key(Section& section, Field& field) {
    field.key = section.choice<KeyKind>(
        "key", KeyKind::none,
        {{"slots", KeyKind::slots}, {"uuid7", KeyKind::uuid7}, {"client", KeyKind::client}});
    field.key_from_client =
        section.flag("from_client", field.key == KeyKind::client) || field.key == KeyKind::client;
    field.first_key = section.integer("first", 1, 1, std::int64_t{1} << 50);
    const Toml* given = section.find("key");
    if (!given) return;
    if (section.has("first") && field.key != KeyKind::slots) {
        section.mistake(section.find("first")->at, "\"first\" is for key = \"slots\"");
    }
    const bool text = field.type == FieldType::text;
    constexpr std::uint32_t uuid_characters = 36;
    if (field.key == KeyKind::slots && field.type != FieldType::int64) {
        section.mistake(given->at, "key = \"slots\" needs the type int64");
    } else if (field.key == KeyKind::uuid7 && field.type != FieldType::uuid &&
               (!text || field.text_max < uuid_characters)) {
        section.mistake(given->at, "key = \"uuid7\" needs the type uuid, or text(36) or longer");
    } else if (field.key == KeyKind::client && field.type != FieldType::int64 &&
               field.type != FieldType::uuid && (!text || field.text_max == 0)) {
        section.mistake(given->at, "a key is an int64, a uuid, or a text with a length: text(128)");
    }
    if (field.nullable) section.mistake(given->at, "the key is never null");
}

void read_set(Section& section, Field& field) {
    field.set = section.choice<SetBy>(
        "set", SetBy::client,
        {{"node", SetBy::node}, {"on_create", SetBy::on_create}, {"on_write", SetBy::on_write}});
    if (field.set == SetBy::client) return;
    const Location at = section.find("set")->at;
    const bool node = field.set == SetBy::node;
    if (node && field.type != FieldType::text) {
        section.mistake(at, "set = \"node\" needs the type text");
    } else if (!node && field.type != FieldType::timestamp) {
        section.mistake(at, "set by time needs the type timestamp");
    }
    if (field.nullable) section.mistake(at, "a field that Atoll sets itself is never null");
}

void read_lattice(Section& section, Field& field) {
    for (const Text& step : section.texts("lattice")) {
        const bool repeated =
            std::find(field.order.begin(), field.order.end(), step.value) != field.order.end();
        if (repeated) section.mistake(step, in_quotes(step.value) + " stands in the lattice twice");
        if (step.value.empty()) section.mistake(step, "a step of a lattice has a name");
        if (!repeated) field.order.push_back(step.value);
    }
    const Toml* order = section.find("lattice");
    if (order && section.has("type") && field.type != FieldType::lattice) {
        section.mistake(order->at, "a field with a lattice has the type \"lattice\", or none");
    }
    if (order && order->is(Toml::Kind::array) && order->items.size() < 2) {
        section.mistake(order->at, "a lattice has at least two steps, the lowest first");
    }
    if (order) field.type = FieldType::lattice;
    if (field.type == FieldType::lattice) field.merge = Merge::lattice;
    if (field.type == FieldType::lattice && !order) {
        section.mistake(
            section.at(),
            "a lattice needs its steps, the lowest first: lattice = [\"new\", \"done\"]");
    }
}

// aliases = { pending = "created" }
void read_aliases(Section& section, Field& field) {
    const Toml* given = section.find("aliases");
    if (!given) return;
    if (field.order.empty()) {
        section.mistake(given->at, "\"aliases\" is for a lattice: other words for its steps");
        return;
    }
    if (!given->is(Toml::Kind::table)) {
        section.mistake(given->at, "\"aliases\" must be a table: { pending = \"created\" }, not " +
                                       std::string{name_of(given->kind)});
        return;
    }
    for (const auto& [word, value] : given->members) {
        const auto step = value.is(Toml::Kind::string) ? filled_in(value, section.scope())
                                                       : std::optional{Text{"", value.at}};
        if (!step) continue;
        const auto& order = field.order;
        const auto found = std::find(order.begin(), order.end(), step->value);
        if (found == order.end()) {
            section.mistake(*step, "an alias stands for a step of the lattice: " + one_of(order));
        } else if (std::find(order.begin(), order.end(), word.name) != order.end()) {
            section.mistake(word.at, in_quotes(word.name) + " is a step itself");
        } else {
            field.aliases.push_back({word.name, found - order.begin()});
        }
    }
}

// How concurrent writes are joined. Every rule that is accepted here converges.
void read_merge(Section& section, Field& field) {
    const Merge merge = section.choice<Merge>("merge", field.merge,
                                              {{"lww", Merge::lww},
                                               {"counter", Merge::counter},
                                               {"max", Merge::max},
                                               {"min", Merge::min},
                                               {"lattice", Merge::lattice}});
    const Toml* given = section.find("merge");
    if (!given || merge == field.merge) return;
    if (field.type == FieldType::lattice) {
        section.mistake(given->at, "a lattice is joined by its own order");
        return;
    }
    const bool whole = field.type == FieldType::int32 || field.type == FieldType::int64 ||
                       field.type == FieldType::decimal;
    const bool ordered = is_number(field.type) || field.type == FieldType::timestamp ||
                         field.type == FieldType::boolean;
    if (merge == Merge::lattice) {
        section.mistake(
            given->at,
            "a lattice needs its steps, the lowest first: lattice = [\"new\", \"done\"]");
    } else if (merge == Merge::counter && !whole) {
        section.mistake(given->at,
                        "a counter needs the type int32, int64 or decimal: the sums of "
                        "others would differ from node to node");
    } else if (merge == Merge::counter && field.nullable) {
        section.mistake(given->at, "a counter is never null");
    } else if (merge != Merge::counter && !ordered) {
        section.mistake(given->at, "merge by max or min needs numbers, times or bool");
    } else {
        field.merge = merge;
    }
}

// true, false, or who checks it: the node that takes the write ("local", as true), or the one that
// keeps the value.
void read_unique(Section& section, Field& field) {
    const Toml* given = section.find("unique");
    if (given && given->is(Toml::Kind::boolean)) {
        field.unique = section.flag("unique", false);
        return;
    }
    enum class Unique : std::uint8_t { no, local, home };
    const auto chosen = section.choice<Unique>("unique", Unique::no,
                                               {{"local", Unique::local},
                                                {"home", Unique::home},
                                                {"true", Unique::local},
                                                {"false", Unique::no}});
    field.unique = chosen != Unique::no;
    field.unique_at_home = chosen == Unique::home;
}

void read_uses(Section& section, FieldRead& read) {
    Field& field = read.field;
    read_unique(section, field);
    field.index = section.flag("index", false);
    read.refers_to = section.text("refers_to");
    const bool counter = field.merge == Merge::counter;
    const bool alike = field.type == FieldType::json || field.type == FieldType::boolean ||
                       field.type == FieldType::floating || field.type == FieldType::lattice;
    if (field.unique && (alike || counter)) {
        section.mistake(section.find("unique")->at, "a field of this kind cannot be unique");
    }
    if (field.index && field.type == FieldType::json) {
        section.mistake(section.find("index")->at, "json has no index");
    }
    const auto pattern = section.text("pattern");
    if (!pattern) return;
    field.pattern = pattern->value;
    const RE2 expression(field.pattern, RE2::Quiet);
    if (field.type != FieldType::text) {
        section.mistake(*pattern, "\"pattern\" is for text");
    } else if (!expression.ok()) {
        section.mistake(*pattern, "\"pattern\" is no regular expression: " + expression.error());
    } else {
        return;
    }
    field.pattern.clear();
}

// False when the type is missing or wrong; the mistake is noted.
bool read_type(Section& section, Field& field) {
    const auto type = section.text("type");
    std::string wrong = type ? take_type(field, type->value) : "";
    if (!type && !section.has("lattice") && !section.has("type")) {
        wrong = "a field needs a type: " + field.name + " = { type = \"text(200)\" }";
    }
    if (!wrong.empty()) section.mistake(type ? type->at : section.at(), wrong);
    return wrong.empty() && (type || !section.has("type"));
}

// Checks what does not depend on the type.
void read_without_type(Section& section, FieldRead& read) {
    read.refers_to = section.text("refers_to");
    section.choice<int>("key", 0, {{"slots", 0}, {"uuid7", 0}, {"client", 0}});
    read.field.key = section.has("key") ? KeyKind::client : KeyKind::none;
}

void read_values(Section& section, Field& field) {
    const Role role = role_of(section, field);
    if (role == Role::content || role == Role::key) read_bounds(section, field);
    if (role == Role::content) field.default_value = read_value(section, "default", field);
    if (const auto example = read_value(section, "example", field)) {
        append_json(field.example, field, *example);
    }
}

void read_long_form(Section& section, FieldRead& read) {
    Field& field = read.field;
    const bool typed = read_type(section, field);
    field.nullable = section.flag("nullable", field.nullable);
    check_attributes(section, role_of(section, field));
    field.description = section.text_or("description", "");
    for (const char* known : {"min", "max", "default", "example", "aliases"})
        section.find(known);
    if (typed) {
        read_lattice(section, field);
        read_aliases(section, field);
        read_key(section, field);
        read_set(section, field);
        read_merge(section, field);
        read_uses(section, read);
        read_values(section, field);
    } else {
        read_without_type(section, read);
    }
    section.done();
}

}  // namespace

FieldRead read_field(const TomlKey& name, const Toml& value, const Scope& scope) {
    FieldRead read;
    read.at = name.at;
    read.field.name = name.name;
    if (const std::string wrong = wrong_with_name(name.name); !wrong.empty()) {
        scope.mistake(name.at, "the name " + in_quotes(name.name) + ' ' + wrong);
    }
    if (value.is(Toml::Kind::table)) {
        Section section{value, "the field " + in_quotes(name.name), scope};
        read_long_form(section, read);
    } else if (value.is(Toml::Kind::string)) {
        const auto type = filled_in(value, scope);
        std::string wrong = type ? take_type(read.field, type->value) : "";
        if (wrong.empty() && read.field.type == FieldType::lattice) {
            wrong = "a lattice needs its steps: { lattice = [\"new\", \"done\"] }";
        }
        if (!wrong.empty()) scope.mistake(*type, wrong);
    } else {
        scope.mistake(value.at, "the field " + in_quotes(name.name) +
                                    " must be a type, or a table with a type, not " +
                                    std::string{name_of(value.kind)});
    }
    if (read.field.type == FieldType::version && read.field.nullable) {
        scope.mistake(value.at, "the version is never null");
    }
    return read;
}

}  // namespace reef::config
