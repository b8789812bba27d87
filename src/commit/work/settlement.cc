#include "commit/work/settlement.hpp"

#include "commit/batch_state.hpp"

namespace reef::commit {

using namespace model;

namespace {

bool is_inside(const BatchState& state, const Dot& letter, const std::optional<RecordRef>& ref) {
    if (!ref) return false;
    const Row* row = state.record(*ref);
    const bool is_change = state.loaded().ledger.origins.contains(letter.origin);
    return row && (!is_change || row->vector.covers(letter));
}

Result<void> check_fit(const BatchState& state, const Row& row) {
    if (const std::string* why = state.unreadable(row.ref())) return Error{Errc::rejected, *why};
    std::string why = state.why_unfit(row);
    if (!why.empty()) return Error{Errc::rejected, std::move(why)};
    return {};
}

Result<void> put_rows(BatchState& state, const Settlement& settlement) {
    for (const auto& entry : settlement.replayed) {
        if (auto fit = check_fit(state, entry.change.row); !fit) return fit;
        apply(state, entry.change);
    }
    for (const Row& row : settlement.rows) {
        if (auto fit = check_fit(state, row); !fit) return fit;
        state.join(row);
    }
    return {};
}

}  // namespace

std::size_t Settlement::rows_count() const {
    return letters.size();
}

void Settlement::add_to(store::LoadRequest& request, const Schema& /*schema*/) const {
    add_to_request(replayed, request);
    for (const Row& row : rows)
        request.records.push_back(row.ref());
}

std::vector<RecordRef> Settlement::lacking(const Facts& /*facts*/) const {
    return {};
}

std::vector<RecordRef> Settlement::written() const {
    store::LoadRequest request;
    add_to(request, Schema{});
    return std::move(request.records);
}

bool Settlement::needs_lease() const {
    return false;
}

Result<Done> Settlement::take(BatchState& state) const {
    if (auto put = put_rows(state, *this); !put) return put.error();
    Applied applied;
    const bool waives = !waived.empty();
    for (const Dot& letter : letters) {
        const auto& parked = state.loaded().ledger.parked;
        const auto found = parked.find(letter);
        if (found == parked.end()) continue;
        const std::optional<RecordRef> record = found->second;
        if (!waives && !is_inside(state, letter, record)) {
            return Error{Errc::conflict, to_text(letter) + " is not inside the record yet"};
        }
        // What was given up stays listed; where nobody can tell the record, there is no place.
        if (waives && record) {
            const Resource& resource = state.schema()[record->resource];
            state.list(waived_letter(resource, *record, letter, waived));
        }
        state.settle(letter);
        ++applied.changed;
    }
    return Done{std::move(applied)};
}

Division<Settlement> Settlement::divide(const Error& error) && {
    return {{}, error};
}

}  // namespace reef::commit
