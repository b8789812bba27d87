// What the parts of decide() share: how they refuse a write, and what they find in it.
#pragma once

#include <string>

#include "model/intent.hpp"

namespace reef::model {

Refused refuse(Refusal refusal, std::string detail, const Row* current = nullptr,
               std::string pointer = {});
std::string name_of(const Resource& resource, const Key& key);  // "shipments/17"
std::string pointer_to(const Field& field);
const Value* named_value(const Intent& intent, FieldId field);  // null: it does not name it
// The record has this value already.
bool has_already(const Row* current, FieldId id, const Value& value);

}  // namespace reef::model
