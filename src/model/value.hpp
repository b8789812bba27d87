// Values of fields, and keys of records. What a Value's alternative means is said by its Field.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <variant>

namespace reef::model {

// null | bool | int32, int64, decimal (units of 10^-scale), timestamp (µs), lattice (index in its
// order) | float | text, uuid, json (canonical text)
using Null = std::monostate;
using Value = std::variant<Null, bool, std::int64_t, double, std::string>;

inline bool is_null(const Value& value) {
    return std::holds_alternative<Null>(value);
}

// int64 keys, or text and uuid keys.
using Key = std::variant<std::int64_t, std::string>;
std::string to_text(const Key& key);

using ResourceId = std::uint16_t;  // index in Schema::resources
using FieldId = std::uint16_t;     // index in Resource::fields

struct RecordRef {
    ResourceId resource = 0;
    Key key;
    auto operator<=>(const RecordRef&) const = default;
    bool operator==(const RecordRef&) const = default;
};

// "the record whose field has this value"
struct FieldRef {
    ResourceId resource = 0;
    FieldId field = 0;
    Value value;
    auto operator<=>(const FieldRef&) const = default;
    bool operator==(const FieldRef&) const = default;
};

}  // namespace reef::model

template <>
struct std::hash<reef::model::RecordRef> {
    std::size_t operator()(const reef::model::RecordRef& ref) const noexcept {
        return std::hash<reef::model::Key>{}(ref.key) ^ (std::size_t{ref.resource} << 48);
    }
};
