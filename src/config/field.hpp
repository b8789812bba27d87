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

// Reads `price = "decimal(12,2)"`, or the long form `{ type = …, min = 0 }`. A field with mistakes
// is returned as far as it can be read, so that other fields can still refer to it.
FieldRead read_field(const TomlKey& name, const Toml& value, const Scope& scope);

}  // namespace reef::config
