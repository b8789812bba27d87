#include "commit/work/value_claim.hpp"

#include <algorithm>

#include "commit/batch_state.hpp"

namespace reef::commit {

using namespace model;

namespace {

// All of them are in the ledger, which each batch loads. A write that is refused after its claim,
// or whose node is gone, leaves its claim behind until somebody wants the value.
constexpr std::size_t open_claims_max = 10'000;

}  // namespace

std::size_t ValueClaim::rows_count() const {
    return 1;
}

void ValueClaim::add_to(store::LoadRequest& request, const Schema& /*schema*/) const {
    request.holders.push_back(value);
}

std::vector<RecordRef> ValueClaim::lacking(const Facts& /*facts*/) const {
    return {};
}

std::vector<RecordRef> ValueClaim::written() const {
    return {};
}

bool ValueClaim::needs_lease() const {
    return false;
}

void ValueClaim::end_those_done(BatchState& state) const {
    auto open = state.claim(value);
    if (!open || ended.empty()) return;
    std::erase_if(open->claimants, [this](const Claimant& one) {
        return std::find(ended.begin(), ended.end(), one) != ended.end();
    });
    if (open->claimants.empty()) {
        state.end_claim(value);
    } else {
        state.set_claim(value, *open);
    }
}

Result<Done> ValueClaim::take(BatchState& state) const {
    end_those_done(state);
    Claimed claimed{{value, {}, state.loaded().ledger.applied(), {}}};
    const auto holder = state.holder(value);
    if (holder && holder != key) {
        claimed.answer.taken_by = holder;
        return Done{std::move(claimed)};
    }
    Claim claim{requests, {}};
    if (auto open = state.claim(value)) {
        const bool same =
            std::find_first_of(open->requests.begin(), open->requests.end(), requests.begin(),
                               requests.end()) != open->requests.end();
        if (!same) {
            claimed.open = std::move(*open);
            return Done{std::move(claimed)};
        }
        claim = std::move(*open);
    } else if (state.loaded().ledger.claims() >= open_claims_max) {
        return Error{Errc::overloaded, "too many values are claimed and not written"};
    }
    const auto& all = claim.claimants;
    if (std::find(all.begin(), all.end(), claimant) == all.end())
        claim.claimants.push_back(claimant);
    state.set_claim(value, claim);
    return Done{std::move(claimed)};
}

Division<ValueClaim> ValueClaim::divide(const Error& error) && {
    return {{}, error};
}

}  // namespace reef::commit
