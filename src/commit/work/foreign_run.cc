#include "commit/work/foreign_run.hpp"

#include "commit/batch_state.hpp"

namespace reef::commit {

using namespace model;

namespace {

ImportResult result_of(const ForeignDecision& decided, bool adopts) {
    using Kind = ImportResult::Kind;
    if (std::holds_alternative<Adoption>(decided)) {
        return {adopts ? Kind::adopted : Kind::waits, ""};
    }
    if (const auto* unfit = std::get_if<Unfit>(&decided)) return {Kind::unfit, unfit->why};
    return {Kind::passed_over, ""};
}

void adopt(BatchState& state, Adoption adoption) {
    if (!adoption.concurrent) return state.write(std::move(adoption.change));
    const Row kept = adoption.change.row;
    const Row lost = *state.record(kept.ref());
    const std::vector<FieldId> fields = adoption.change.written;
    state.write(std::move(adoption.change));
    const Resource& resource = state.schema()[kept.resource];
    for (Conflict& conflict : conflicts_in_fields(resource, fields, kept, lost))
        state.list(std::move(conflict));
}

}  // namespace

std::size_t ForeignRun::rows_count() const {
    return writes.size();
}

void ForeignRun::add_to(store::LoadRequest& request, const Schema& schema) const {
    for (const ForeignWrite& write : writes) {
        append(request, foreign_lookups(schema, write));
        append(request.requests, write.request.ids);
    }
}

std::vector<RecordRef> ForeignRun::lacking(const Facts& /*facts*/) const {
    return {};
}

std::vector<RecordRef> ForeignRun::written() const {
    std::vector<RecordRef> records;
    for (const ForeignWrite& write : writes)
        records.push_back(write.record);
    return records;
}

bool ForeignRun::needs_lease() const {
    return true;
}

Result<Done> ForeignRun::take(BatchState& state) const {
    ImportResults results;
    for (const ForeignWrite& foreign : writes) {
        if (const std::string* why = state.unreadable(foreign.record)) {
            results.push_back({ImportResult::Kind::unfit, *why});
            continue;
        }
        ForeignDecision decided = decide_foreign(state.schema(), foreign, state);
        results.push_back(result_of(decided, adopts));
        if (results.back().kind != ImportResult::Kind::adopted) continue;
        adopt(state, std::get<Adoption>(std::move(decided)));
    }
    return Done{std::move(results)};
}

Division<ForeignRun> ForeignRun::divide(const Error& error) && {
    return {{}, error};
}

}  // namespace reef::commit
