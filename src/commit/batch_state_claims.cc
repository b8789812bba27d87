// The claims of unique values among what a batch knows: cursors of the ledger (model/claim.hpp).
#include <algorithm>

#include "commit/batch_state.hpp"

namespace reef::commit {

using namespace model;

std::optional<Claim> BatchState::claim(const FieldRef& ref) const {
    const auto& cursors = loaded_.ledger.cursors;
    const auto found = cursors.find(store::claim_cursor(name_of_value(schema_, ref)));
    return found == cursors.end() ? std::nullopt : parse_claim(found->second);
}

void BatchState::set_claim(const FieldRef& ref, const Claim& claim) {
    move_cursor(store::claim_cursor(name_of_value(schema_, ref)), to_text(claim));
}

void BatchState::end_claim(const FieldRef& ref) {
    move_cursor(store::claim_cursor(name_of_value(schema_, ref)), "");
}

// Who claimed a value has written it: from now on the row itself says that it is taken.
void BatchState::end_claims(const Row& row) {
    if (!row.alive() || !loaded_.ledger.has_claims()) return;
    const auto& fields = schema_[row.resource].fields;
    for (FieldId id = 0; id < fields.size(); ++id) {
        if (!fields[id].unique_at_home || is_null(row.cells[id].value)) continue;
        const FieldRef ref{row.resource, id, row.cells[id].value};
        const auto open = claim(ref);
        const auto writer = node_of(row.cells[id].stamp.dot.origin);
        const auto by_writer = [writer](const Claimant& one) { return one.node == writer; };
        if (open && std::any_of(open->claimants.begin(), open->claimants.end(), by_writer))
            end_claim(ref);
    }
}

}  // namespace reef::commit
