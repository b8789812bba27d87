#include "model/row_hash.hpp"

#include <algorithm>
#include <vector>

#include "model/row_text.hpp"
#include "model/value_text.hpp"

namespace reef::model {

namespace {

// No write has set the field since the record's life began.
bool is_untouched(const Cell& cell, const Life& life) {
    return cell.stamp == life.stamp;
}

// One hash for each field that counts: their sum does not depend on the order.
class FieldHashes {
public:
    explicit FieldHashes(const Life& life) : life_(life) {}

    std::string& begin(std::string_view name) {
        text_ = name;
        return text_ += '=';
    }
    void add(const Stamp& stamp) {
        if (stamp != life_.stamp) text_ += '@' + to_text(stamp);
        sum_ += hash_of(text_);
    }
    void add_counter(std::string_view name, const std::vector<CounterPart>& parts) {
        if (parts.empty()) return;
        append_counter(begin(name), parts);
        sum_ += hash_of(text_);
    }
    const Hash128& sum() const { return sum_; }

private:
    const Life& life_;
    std::string text_;
    Hash128 sum_;
};

// A row that was stored before its app had a field with a default has that default by now. The
// stored hash lacks it. One sum for each set of such fields; the last fields first, since new ones
// stand at the end, and no more than a few.
std::vector<Hash128> default_hashes(const Resource& resource, const Row& row) {
    constexpr std::size_t sums_max = 256;
    std::vector<Hash128> sums;
    for (FieldId id = static_cast<FieldId>(row.cells.size()); id-- > 0;) {
        if (sums.size() >= sums_max / 2) break;
        const Field& field = resource.fields[id];
        const bool here = resource.has_state(id) && field.merge != Merge::counter;
        if (!here || !field.default_value || row.cells[id].value != *field.default_value) continue;
        if (!is_untouched(row.cells[id], row.life)) continue;
        FieldHashes one{row.life};
        append_json(one.begin(field.name), field, row.cells[id].value);
        one.add(row.life.stamp);
        const std::size_t before = sums.size();
        for (std::size_t i = 0; i < before; ++i)
            sums.push_back(Hash128{sums[i]} += one.sum());
        sums.push_back(one.sum());
    }
    return sums;
}

enum class Defaults : std::uint8_t { count, left_out };

Hash128 hash_with(Defaults defaults, const Resource& resource, const Row& row) {
    const auto is_left_out = [&](const Field& field, const Cell& cell) {
        if (!is_untouched(cell, row.life)) return false;
        return is_null(cell.value) || (defaults == Defaults::left_out && field.default_value &&
                                       cell.value == *field.default_value);
    };
    FieldHashes fields{row.life};
    for (FieldId id = 0; id < row.cells.size(); ++id) {
        const Field& field = resource.fields[id];
        const Cell& cell = row.cells[id];
        if (field.merge == Merge::counter) {
            fields.add_counter(field.name, cell.parts);
        } else if (resource.has_state(id) && !is_left_out(field, cell)) {
            append_json(fields.begin(field.name), field, cell.value);
            fields.add(cell.stamp);
        }
    }
    for (const UnknownField& field : row.unknown) {
        fields.add_counter(field.name, field.parts);
        const bool untouched = field.value == "null" && field.stamp == row.life.stamp;
        if (field.value.empty() || untouched) continue;
        fields.begin(field.name) += field.value;
        fields.add(field.stamp);
    }
    std::string text = "{";
    append_name(text, "key");
    append_json(text, resource.key_field(), value_from(row.key));
    append_name(text, "vector");
    append_quoted(text, to_text(row.vector));
    append_name(text, "life");
    append_quoted(text, life_text(row.life));
    append_twins(text, resource, row);
    text += '}';
    Hash128 hash = hash_of(text);
    return hash += fields.sum();
}

}  // namespace

Hash128 row_hash(const Resource& resource, const Row& row) {
    return hash_with(Defaults::count, resource, row);
}

Hash128 compared_hash(const Resource& resource, const Row& row) {
    return hash_with(Defaults::left_out, resource, row);
}

bool is_hash_of(const Hash128& hash, const Resource& resource, const Row& row) {
    const Hash128 whole = row_hash(resource, row);
    if (hash == whole) return true;
    std::string json;
    append_row_json(json, resource, row);
    if (hash == hash_of(json)) return true;
    const auto sums = default_hashes(resource, row);
    return std::any_of(sums.begin(), sums.end(),
                       [&](const Hash128& lacking) { return (Hash128{whole} -= lacking) == hash; });
}

}  // namespace reef::model
