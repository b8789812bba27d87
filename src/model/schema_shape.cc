#include "model/schema_shape.hpp"

#include <array>

#include "base/text/json.hpp"

namespace reef::model {

namespace {

std::string type_text(const Field& field) {
    static constexpr std::array names{"bool",      "int32", "int64", "float",   "decimal", "text",
                                      "timestamp", "uuid",  "json",  "lattice", "version"};
    std::string text = names[static_cast<std::size_t>(field.type)];
    if (field.type == FieldType::decimal) text += '(' + std::to_string(field.scale) + ')';
    for (std::size_t i = 0; i < field.order.size(); ++i)
        text += (i == 0 ? " " : " < ") + field.order[i];
    return text;
}

// What append_field() of Schema::id() counts, in words.
std::string shape_of(const Field& field) {
    static constexpr std::array merges{"", ", counter", ", max", ", min", ""};
    static constexpr std::array setters{"", ", set by the node", ", set on create",
                                        ", set on write"};
    static constexpr std::array keys{"", ", key", ", key by slots", ", key made as UUID"};
    std::string text = type_text(field);
    text += merges[static_cast<std::size_t>(field.merge)];
    if (field.merge == Merge::counter && field.min) {
        text += " not below " + std::to_string(std::get<std::int64_t>(*field.min));
    }
    text += setters[static_cast<std::size_t>(field.set)];
    text += keys[static_cast<std::size_t>(field.key)];
    return text;
}

void append_member(std::string& out, std::string_view name) {
    if (out.back() != '{') out += ',';
    append_json_string(out, name);
    out += ':';
}

void compare_fields(const Resource& resource, const Json& shape, std::string_view here,
                    std::string_view there, ShapeComparison& found) {
    for (const Field& field : resource.fields) {
        const std::string name = resource.name + '.' + field.name;
        const Json* other = shape.find(field.name);
        if (!other) {
            found.only_here.push_back(name);
        } else if (const std::string own = shape_of(field); own != other->text) {
            found.unlike.push_back(name + " is " + own + " in " + std::string{here} + " and " +
                                   other->text + " in " + std::string{there});
        }
    }
    for (const auto& [name, field] : shape.members) {
        if (!resource.find_field(name)) found.only_there.push_back(resource.name + '.' + name);
    }
}

void append_list(std::string& text, const std::vector<std::string>& names) {
    for (std::size_t i = 0; i < names.size(); ++i)
        text += (i == 0 ? "" : ", ") + names[i];
}

void append_unknown(std::string& text, std::string_view who, std::string_view whom,
                    std::string_view one, std::string_view many,
                    const std::vector<std::string>& names) {
    if (names.empty()) return;
    if (!text.empty()) text += "; ";
    text += who;
    text += " has ";
    text += names.size() == 1 ? one : many;
    text += " that ";
    text += whom;
    text += " does not know: ";
    append_list(text, names);
}

}  // namespace

std::string shape_json(const Schema& schema) {
    std::string json = "{\"id\":\"" + schema.id() +
                       "\",\"slots\":" + std::to_string(schema.id_slots) + ",\"resources\":{";
    for (const Resource& resource : schema.resources) {
        append_member(json, resource.name);
        json += '{';
        for (const Field& field : resource.fields) {
            append_member(json, field.name);
            append_json_string(json, shape_of(field));
        }
        json += '}';
    }
    return json + "}}";
}

Result<ShapeComparison> compare_shape(const Schema& schema, std::string_view shape,
                                      std::string_view here, std::string_view there) {
    const auto json = parse_json(shape);
    if (!json) return json.error();
    const Json* resources = json->find("resources");
    ShapeComparison found;
    found.id = text_at(*json, "id");
    if (!resources || found.id.empty()) return Error{Errc::invalid, "it is no schema"};
    const std::string slots = text_at(*json, "slots");
    if (const std::string own = std::to_string(schema.id_slots); slots != own) {
        found.unlike.push_back("id_slots is " + own + " in " + std::string{here} + " and " + slots +
                               " in " + std::string{there});
    }
    for (const Resource& resource : schema.resources) {
        const Json* other = resources->find(resource.name);
        if (other) {
            compare_fields(resource, *other, here, there, found);
        } else {
            found.resources_here.push_back(resource.name);
        }
    }
    for (const auto& [name, fields] : resources->members) {
        if (!schema.find(name)) found.resources_there.push_back(name);
    }
    return found;
}

std::string in_words(const ShapeComparison& found, std::string_view here, std::string_view there) {
    std::string text;
    for (const std::string& unlike : found.unlike)
        text += (text.empty() ? "" : "; ") + unlike;
    append_unknown(text, there, here, "a field", "fields", found.only_there);
    append_unknown(text, here, there, "a field", "fields", found.only_here);
    append_unknown(text, there, here, "a resource", "resources", found.resources_there);
    append_unknown(text, here, there, "a resource", "resources", found.resources_here);
    return text;
}

}  // namespace reef::model
