#include "amend.hpp"

#include "model/row_hash.hpp"

#include <algorithm>

namespace reef::simulation {

using namespace model;

namespace {

bool only_others(const store::WriteSet& saved) {
    return std::none_of(saved.log.begin(), saved.log.end(), [&saved](const store::LogEntry& entry) {
        return entry.dot.origin == saved.ledger.self;
    });
}

void add_again(const Row& before, Row& row, const OriginId& self) {
    for (FieldId field = 0; field < row.cells.size(); ++field) {
        for (CounterPart& part : row.cells[field].parts) {
            if (part.origin == self) continue;
            std::int64_t known = 0;
            for (const CounterPart& old : before.cells[field].parts) {
                if (old.origin == part.origin) known = old.total;
            }
            part.total += part.total - known;
        }
    }
}

void keep_old(Plant plant, const Row& before, Row& row, const OriginId& self) {
    if (before.life != row.life) return;
    for (FieldId field = 0; field < row.cells.size(); ++field) {
        const Cell& old = before.cells[field];
        if (old.stamp == row.cells[field].stamp) continue;
        const bool tie =
            plant == Plant::skip_tie_break && old.stamp.time == row.cells[field].stamp.time;
        const bool own = plant == Plant::keep_local && old.stamp.dot.origin == self;
        if (tie || own) row.cells[field] = old;
    }
}

// The vector's count of the twin's origin stays where it was.
void take_off_twins(const Row& before, Row& row) {
    const Vector whole = row.vector;
    for (const Twin& twin : row.twins) {
        if (std::ranges::find(before.twins, twin.dot, &Twin::dot) != before.twins.end()) continue;
        for (VectorEntry entry : whole.entries()) {
            if (entry.origin != twin.dot.origin || entry.count < 2) continue;
            --entry.count;
            row.vector.put(std::move(entry));
        }
    }
}

void replace(const Schema& schema, store::WriteSet& saved, store::SavedRow& at, Row row) {
    const Hash128 hash = row_hash(schema[row.resource], row);
    const std::size_t bucket = hash_of(to_text(row.key)).low % store::digest_buckets;
    Hash128& sum = saved.ledger.digests[row.resource].buckets[bucket];
    sum -= at.hash;
    sum += hash;
    at = {std::move(row), hash};
}

}  // namespace

void amend(Plant plant, const Schema& schema, const LoadedRows& before, store::WriteSet& saved) {
    const bool others = only_others(saved);
    if (plant == Plant::forget_request_ids) saved.requests.clear();
    if (plant == Plant::forget_carried_ids && others) saved.requests.clear();
    if (plant == Plant::drop_conflicts) saved.conflicts.clear();
    if (plant == Plant::forget_claims) {
        std::erase_if(saved.ledger.cursors, [](const auto& cursor) {
            return cursor.first.starts_with(store::claim_cursor(""));
        });
    }
    const bool rows = plant == Plant::apply_twice || plant == Plant::skip_tie_break ||
                      plant == Plant::keep_local || plant == Plant::repeat_version;
    if (!rows || (!others && plant != Plant::repeat_version)) return;
    for (store::SavedRow& saved_row : saved.rows) {
        const auto old = before.find(saved_row.row.ref());
        if (old == before.end() || old->second.row.cells.empty()) continue;
        Row row = saved_row.row;
        if (plant == Plant::apply_twice) {
            add_again(old->second.row, row, saved.ledger.self);
        } else if (plant == Plant::repeat_version) {
            take_off_twins(old->second.row, row);
        } else {
            keep_old(plant, old->second.row, row, saved.ledger.self);
        }
        if (row != saved_row.row) replace(schema, saved, saved_row, std::move(row));
    }
}

}  // namespace reef::simulation
