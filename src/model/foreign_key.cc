#include "model/foreign_key.hpp"

namespace reef::model {

namespace {

// Absent: the key is the same here and there.
std::optional<std::int64_t> number_of(const Resource& resource, const Key& key) {
    const Field& field = resource.key_field();
    const auto* number = std::get_if<std::int64_t>(&key);
    const bool given_out = field.key == KeyKind::slots && number;
    if (!given_out || (*number >= 1 && *number < field.first_key)) return std::nullopt;
    return *number;
}

}  // namespace

std::optional<Key> key_of_foreign(const Resource& resource, const ForeignNumbers& numbers,
                                  const Key& theirs) {
    const auto number = number_of(resource, theirs);
    if (!number) return theirs;
    const std::int64_t first = resource.key_field().first_key;
    if (*number < first || *number > new_number_max) return std::nullopt;
    const std::int64_t before = *number - first;
    const std::int64_t own = first + static_cast<std::int64_t>(numbers.node_index);
    if (before > (new_number_max - own) / numbers.slots) return std::nullopt;
    return Key{own + before * numbers.slots};
}

std::optional<Key> foreign_key_of(const Resource& resource, const ForeignNumbers& numbers,
                                  const Key& ours) {
    const auto number = number_of(resource, ours);
    if (!number) return ours;
    const std::int64_t first = resource.key_field().first_key;
    const std::int64_t beyond = *number - first - static_cast<std::int64_t>(numbers.node_index);
    if (beyond < 0 || beyond % numbers.slots != 0) return std::nullopt;
    return Key{first + beyond / numbers.slots};
}

bool was_made_by_node(const Resource& resource, const Row& row, std::string_view name) {
    return number_of(resource, row.key) && node_of(row.life.stamp.dot.origin) == name;
}

}  // namespace reef::model
