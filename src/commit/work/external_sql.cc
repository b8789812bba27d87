#include "commit/work/external_sql.hpp"

#include "base/log.hpp"
#include "commit/batch_state.hpp"

namespace reef::commit {

using namespace model;

void take_captured(BatchState& state, const Captured& captured) {
    CapturedWrite done = captured_write(state.schema(), captured, state);
    if (!done.change) {
        if (const Row* row = state.record(captured.record)) state.put_joined(*row);
        return;
    }
    const Row written = done.change->row;
    const Dot dot = done.change->stamp.dot;
    state.write(std::move(*done.change));
    if (done.put_back.empty()) return;
    const Resource& resource = state.schema()[captured.record.resource];
    state.list(conflict_about(resource, "sql", done.put_back, written, done.wanted, dot));
}

std::size_t ExternalSqlWrites::rows_count() const {
    return records.size();
}

void ExternalSqlWrites::add_to(store::LoadRequest& request, const Schema& /*schema*/) const {
    append(request.records, records);
}

std::vector<RecordRef> ExternalSqlWrites::lacking(const Facts& /*facts*/) const {
    return {};
}

std::vector<RecordRef> ExternalSqlWrites::written() const {
    return records;
}

bool ExternalSqlWrites::needs_lease() const {
    return false;
}

// A row without a hash is what it is, and from now on in the sums.
Result<Done> ExternalSqlWrites::take(BatchState& state) const {
    Applied applied;
    applied.changed = state.loaded().captured.size();
    for (const RecordRef& ref : records) {
        const auto stored = state.loaded().rows.find(ref);
        if (state.unreadable(ref)) continue;
        const bool counted =
            stored == state.loaded().rows.end() || stored->second.hash != Hash128{};
        if (counted) continue;
        state.put_joined(Row{stored->second.row});
        ++applied.changed;
    }
    return Done{std::move(applied)};
}

// Down to the one record that is refused, which is left for the next time.
Division<ExternalSqlWrites> ExternalSqlWrites::divide(const Error& error) && {
    if (records.size() > 1) {
        ExternalSqlWrites first{take_half(records)};
        return divided_into(std::move(first), std::move(*this));
    }
    log::warn("What another program wrote is left for later", {{"error", error.what}});
    return {{}, Done{Applied{}}};
}

}  // namespace reef::commit
