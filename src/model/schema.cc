#include "model/schema.hpp"

namespace reef::model {

namespace {

// Appends what decides how the field's values are read and joined; its rules (min, pattern, …) may
// differ between two nodes that understand each other. A counter's min shapes what is shown.
void append_field(std::string& text, const Field& field) {
    text += '\n';
    text += field.name;
    for (const auto number :
         {static_cast<int>(field.type), field.scale, static_cast<int>(field.merge),
          static_cast<int>(field.set), static_cast<int>(field.key)}) {
        text += ' ';
        text += std::to_string(number);
    }
    if (field.merge == Merge::counter && field.min) {
        text += " min ";
        text += std::to_string(std::get<std::int64_t>(*field.min));
    }
    for (const std::string& step : field.order) {
        text += " < ";
        text += step;
    }
}

}  // namespace

std::optional<FieldId> Resource::find_field(std::string_view field) const {
    for (std::size_t i = 0; i < fields.size(); ++i) {
        if (fields[i].name == field) return static_cast<FieldId>(i);
    }
    return std::nullopt;
}

const Resource* Schema::find(std::string_view resource) const {
    for (const Resource& candidate : resources) {
        if (candidate.name == resource) return &candidate;
    }
    return nullptr;
}

std::string Schema::id() const {
    std::string text = "slots " + std::to_string(id_slots);
    for (const Resource& resource : resources) {
        text += "\n\n";
        text += resource.name;
        for (const Field& field : resource.fields)
            append_field(text, field);
    }
    return to_hex(hash_of(text)).substr(0, 16);
}

}  // namespace reef::model
