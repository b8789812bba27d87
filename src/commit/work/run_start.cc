#include "commit/work/run_start.hpp"

#include "commit/batch_state.hpp"
#include "store/identity.hpp"

namespace reef::commit {

using namespace model;

std::size_t RunStart::rows_count() const {
    return 0;
}

void RunStart::add_to(store::LoadRequest& /*request*/, const Schema& /*schema*/) const {}

std::vector<RecordRef> RunStart::lacking(const Facts& /*facts*/) const {
    return {};
}

std::vector<RecordRef> RunStart::written() const {
    return {};
}

bool RunStart::needs_lease() const {
    return false;
}

Result<Done> RunStart::take(BatchState& state) const {
    store::Runs runs = state.loaded().ledger.runs();
    if (!runs.contains(run)) runs.add(run);
    state.move_cursor(std::string{store::runs_cursor}, store::runs_text(runs));
    state.move_cursor(std::string{store::identity_cursor}, identity);
    state.begin_events();
    for (const auto& [name, mark] : cursors)
        state.move_cursor(name, mark);
    if (!life.empty()) state.begin_life(life);
    for (const auto& [resource, next] : next_ids)
        state.raise_next_id(resource, next);
    return Done{Applied{}};
}

Division<RunStart> RunStart::divide(const Error& error) && {
    return {{}, error};
}

}  // namespace reef::commit
