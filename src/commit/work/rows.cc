#include "commit/work/rows.hpp"

#include "base/hash.hpp"
#include "commit/batch_state.hpp"
#include "model/effects.hpp"
#include "model/record_json.hpp"
#include "store/columns.hpp"

namespace reef::commit {

using namespace model;

namespace {

// It has no change to be named by: its key names it, so that the next one takes its place.
void park(BatchState& state, const Row& row, std::string why) {
    const Resource& resource = state.schema()[row.resource];
    constexpr std::uint64_t seq_mask = (std::uint64_t{1} << 48) - 1;
    std::string json;
    append_row_json(json, resource, row);
    state.put_letter({"row/" + resource.name, hash_of(to_text(row.key)).low & seq_mask, row.ref(),
                      std::move(why), std::move(json), state.now});
}

void append_read(std::vector<Row>& rows, const store::RowCopies& copies) {
    RecordColumns columns;
    for (std::size_t at = 0; at < copies.size(); ++at) {
        copies.get(at, columns);
        auto stored = store::row_from(copies.resource(), columns, copies.hash_of(at));
        rows.push_back(std::move(stored.row));
    }
}

// "": it is joined.
std::string why_not(const BatchState& state, const Rows& rows, const Row& row) {
    if (!rows.refused.empty()) return rows.refused;
    const std::string* unreadable = rows.repairs ? nullptr : state.unreadable(row.ref());
    return unreadable ? *unreadable : state.why_unfit(row);
}

}  // namespace

std::size_t Rows::rows_count() const {
    return rows.size() + (copies ? copies->size() : 0);
}

void Rows::add_to(store::LoadRequest& request, const Schema& /*schema*/) const {
    if (!refused.empty()) return;  // the row may be what cannot be read
    append(request.records, written());
    append(request.records, erased);
    for (const auto& [id, seen] : requests)
        request.requests.push_back(id);
}

std::vector<RecordRef> Rows::lacking(const Facts& facts) const {
    std::vector<RecordRef> records;
    for (const auto& [id, effect] : requests)
        append(records, retracted_by(id, effect, facts));
    return records;
}

// And those of its requests: an earlier effect of one may have to be marked as a twin.
std::vector<RecordRef> Rows::written() const {
    std::vector<RecordRef> records;
    if (!refused.empty()) return records;
    for (const Row& row : rows)
        records.push_back(row.ref());
    for (const auto& [id, seen] : requests) {
        records.push_back(seen.record);
        for (const RequestSeen& effect : seen.later)
            records.push_back(effect.record);
    }
    return records;
}

bool Rows::needs_lease() const {
    return under_lease;
}

Result<Done> Rows::take(BatchState& state) const {
    Applied applied;
    for (const Row& row : rows) {
        const std::string why = why_not(state, *this, row);
        if (why.empty()) {
            if (state.join(row)) ++applied.changed;
            continue;
        }
        if (!parks) return Error{Errc::invalid, why};
        if (state.is_full_of_letters()) return too_many_letters();
        park(state, row, why);
    }
    if (copies) {
        state.copy(copies);
        applied.changed += copies->size();
    }
    for (const RecordRef& ref : erased) {
        if (!state.unreadable(ref)) return Error{Errc::conflict, "the record can be read"};
        state.erase(ref);
        ++applied.changed;
    }
    for (const auto& [id, seen] : requests) {
        state.remember(id, seen);
        state.mark_twins(*state.request(id));
        state.remove_twin_events(*state.request(id));
        state.take_back_extra(id);
    }
    for (const Event& event : events)
        state.add_event(event);
    if (!raised.empty()) state.have_events_from(events_from.value_or(state.now));
    for (const auto& [name, mark] : cursors)
        state.move_cursor(name, mark);
    for (const auto& [origin, mark] : raised)
        state.raise(origin, mark);
    for (const auto& [origin, life] : ended)
        state.end_life(origin, life);
    for (const OriginId& origin : retired)
        state.retire_life(origin);
    for (const store::DeadLetter& letter : letters) {
        if (state.loaded().ledger.parked.contains({letter.source, letter.seq})) continue;
        if (state.is_full_of_letters()) return too_many_letters();
        store::DeadLetter put = letter;
        put.at = state.now;
        state.put_letter(std::move(put));
    }
    return Done{std::move(applied)};
}

// Down to the one row that is refused, which is parked. What goes with the last row goes with it.
Division<Rows> Rows::divide(const Error& error) && {
    if (copies) {
        append_read(rows, *std::exchange(copies, nullptr));
        return divided_into(std::move(*this));
    }
    if (!parks || rows.empty()) return {{}, error};
    if (rows.size() > 1) {
        Rows first;
        first.parks = true;
        first.rows = take_half(rows);
        return divided_into(std::move(first), std::move(*this));
    }
    if (!refused.empty()) return {{}, error};
    refused = error.what;
    return divided_into(std::move(*this));
}

}  // namespace reef::commit
