#include "model/refuse.hpp"

#include "base/text/json.hpp"
#include "model/value_text.hpp"

namespace reef::model {

Refused refuse(Refusal refusal, std::string detail, const Row* current, std::string pointer) {
    Refused refused{refusal, std::move(detail), std::move(pointer), std::nullopt};
    if (current && current->alive()) refused.current = *current;
    return refused;
}

std::string name_of(const Resource& resource, const Key& key) {
    return resource.name + '/' + to_text(key);
}

std::string pointer_to(const Field& field) {
    std::string pointer;
    append_pointer_part(pointer, field.name);
    return pointer;
}

const Value* named_value(const Intent& intent, FieldId field) {
    for (const auto& [id, value] : intent.fields) {
        if (id == field) return &value;
    }
    return nullptr;
}

bool has_already(const Row* current, FieldId id, const Value& value) {
    return current && current->cells[id].value == value;
}

}  // namespace reef::model
