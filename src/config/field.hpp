// One field of a resource, read and checked by itself.
#pragma once

#include <optional>

#include "config/section.hpp"
#include "model/schema.hpp"

namespace reef::config {

struct FieldRead {
    model::Field field;
    Location at;                    // of its name
    std::optional<Text> refers_to;  // to be looked up when all resources are known
};

// `price = "decimal(12,2)"`, or the long form `{ type = …, min = 0 }`. What is wrong is noted, and
// what can be read of the field is given all the same, so that others can refer to it.
FieldRead read_field(const TomlKey& name, const Toml& value, const Scope& scope);

}  // namespace reef::config
