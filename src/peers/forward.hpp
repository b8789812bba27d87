// A write that is carried to its record's home. Called where the peer's calls run; the home's end
// is PeerRoutes::forward.
#pragma once

#include <chrono>
#include <string>

#include "base/task.hpp"
#include "model/intent.hpp"
#include "peers/calls.hpp"

namespace reef::peers {

inline constexpr const char* forward_path = "/_atoll/forward";

// What `home` made of it: accepted, replayed (with its row) or refused. Errors as PeerCalls has
// them; unavailable also: the home refused to take it; rejected: it cannot decide, and nothing
// happened; outcome_unknown: its answer is none.
Task<model::Outcome> forward_write(PeerCalls& calls, std::string home, const model::Schema& schema,
                                   model::Intent intent, Patience patience);

}  // namespace reef::peers
