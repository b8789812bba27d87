// What nodes say to each other of unique values (model/claim.hpp): a claim of a value at its home,
// and the home's question whether a claimant is done. Called where the peer's calls run; the other
// end is PeerRoutes::claim and PeerRoutes::claimant.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/task.hpp"
#include "model/claim.hpp"
#include "peers/calls.hpp"

namespace reef::peers {

inline constexpr const char* claim_path = "/_atoll/claim";
inline constexpr const char* claimant_path = "/_atoll/claimant";

struct ClaimRequest {
    model::FieldRef value;
    std::optional<model::Key> key;      // of the record that is to have it; absent: a new one
    std::vector<std::string> requests;  // of the write: model::hashes_of()
    model::Claimant claimant;
    std::string home;                  // of the value, as the claimant knows the members
    std::vector<std::string> members;  // in its app file
    model::Position after;             // the home answers when it has applied this
    bool passed_on = false;            // by a node that hears the home, which the claimant does not
};
std::string claim_json(const model::Schema& schema, const ClaimRequest& request);
Result<ClaimRequest> parse_claim_request(const model::Schema& schema, std::string_view json);

std::string claim_answer_json(const model::ClaimAnswer& answer);

// unavailable: it cannot say now, and why; not_found: it is of a version that knows no claims.
// Others as PeerCalls has them.
Task<model::ClaimAnswer> claim_value(PeerCalls& calls, const model::Schema& schema,
                                     const ClaimRequest& request, Patience patience);

// Up to where the claimant's node has written all that the claimant may have written; absent: it
// is not done yet.
using ClaimantState = std::optional<model::Position>;
std::string claimant_json(const ClaimantState& state);
Task<ClaimantState> state_of_claimant(PeerCalls& calls, const model::Claimant& claimant,
                                      Patience patience);

// This node's end of both.
struct ClaimHandlers {
    std::function<Task<model::ClaimAnswer>(ClaimRequest)> grant = {};
    std::function<ClaimantState(const model::Claimant&)> state = {};
};

}  // namespace reef::peers
