// A piece of one origin's log, as a peer has it. Called where the peer's calls run; the peer's end
// is HistoryRoutes::log_piece.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "base/task.hpp"
#include "model/vector.hpp"
#include "peers/calls.hpp"

namespace reef::peers {

// At most `count` changes that follow `after`, in order, each as its JSON. not_found: its log no
// longer holds them. Else as PeerCalls says, or unavailable: it does not want to.
Task<std::vector<std::string>> log_piece_of_peer(PeerCalls& calls, model::Dot after,
                                                 std::uint32_t count,
                                                 std::chrono::milliseconds timeout);

}  // namespace reef::peers
