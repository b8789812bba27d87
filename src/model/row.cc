#include "model/row.hpp"

#include <algorithm>

#include "model/value_text.hpp"

namespace reef::model {

Stamp base_stamp() {
    return {Time{0}, {OriginId{base_origin}, 1}};
}

std::uint64_t version_of(const Row& row) {
    const auto taken_off =
        std::ranges::count_if(row.twins, [](const Twin& twin) { return !twin.deltas.empty(); });
    return row.vector.writes() + static_cast<std::uint64_t>(taken_off);
}

std::uint64_t distinct_writes(const Row& row) {
    const std::uint64_t writes = row.vector.writes();
    return writes > row.twins.size() ? writes - row.twins.size() : 0;
}

bool only_twins_beyond(const Vector& seen, const Vector& writes, const std::vector<Twin>& twins) {
    return std::ranges::all_of(writes.entries(), [&](const VectorEntry& entry) {
        const auto at = std::ranges::find(seen.entries(), entry.origin, &VectorEntry::origin);
        const bool known = at != seen.entries().end();
        const VectorEntry before = known ? *at : VectorEntry{entry.origin, 0, 0};
        if (entry.seq <= before.seq) return true;
        const auto unseen = std::ranges::count_if(twins, [&](const Twin& twin) {
            return twin.dot.origin == entry.origin && twin.dot.seq > before.seq &&
                   twin.dot.seq <= entry.seq;
        });
        return entry.count <= before.count + static_cast<std::uint64_t>(unseen);
    });
}

Value value_of(const Resource& resource, const Row& row, FieldId field) {
    if (field == resource.key) return value_from(row.key);
    if (resource.version == field) return static_cast<std::int64_t>(version_of(row));
    const Field& declared = resource.fields[field];
    if (declared.merge != Merge::counter) return row.cells[field].value;
    const std::int64_t sum = counter_sum(row, field);
    if (declared.min && sum < std::get<std::int64_t>(*declared.min)) return *declared.min;
    return sum;
}

std::int64_t add_wrapped(std::int64_t a, std::int64_t b) {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}

std::int64_t counter_sum(const Row& row, FieldId field) {
    std::uint64_t sum = 0;
    for (const CounterPart& part : row.cells[field].parts)
        sum += static_cast<std::uint64_t>(part.total);
    for (const Twin& twin : row.twins) {
        if (twin.life != row.life) continue;
        for (const auto& [counter, delta] : twin.deltas) {
            if (counter == field) sum -= static_cast<std::uint64_t>(delta);
        }
    }
    return static_cast<std::int64_t>(sum);
}

const std::string* home_of(const Resource& resource, const Row& row) {
    if (resource.write != WritePolicy::home || row.cells.size() <= *resource.home) return nullptr;
    return std::get_if<std::string>(&row.cells[*resource.home].value);
}

Stamp latest_stamp(const Row& row) {
    const Stamp* latest = &row.life.stamp;
    const auto look_at = [&latest](const auto& cell) {
        if (cell.stamp > *latest) latest = &cell.stamp;
        for (const CounterPart& part : cell.parts) {
            if (part.stamp > *latest) latest = &part.stamp;
        }
    };
    for (const Cell& cell : row.cells)
        look_at(cell);
    for (const UnknownField& field : row.unknown)
        look_at(field);
    return *latest;
}

Row base_row(const Resource& resource, Key key, std::vector<Value> values, std::uint64_t version) {
    Row row;
    row.resource = resource.id;
    row.key = std::move(key);
    row.life = {1, base_stamp()};
    row.vector.put({OriginId{base_origin}, version, version});
    const Stamp stamp{Time{0}, {OriginId{base_origin}, version}};
    row.cells.resize(resource.fields.size());
    for (FieldId id = 0; id < row.cells.size(); ++id) {
        if (!resource.has_state(id)) continue;
        Cell& cell = row.cells[id];
        if (resource.fields[id].merge == Merge::counter) {
            const auto* total = std::get_if<std::int64_t>(&values[id]);
            cell.parts.push_back({OriginId{base_origin}, total ? *total : 0, stamp});
        } else {
            cell.value = std::move(values[id]);
            cell.stamp = stamp;
        }
    }
    return row;
}

}  // namespace reef::model
