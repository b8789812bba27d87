// One origin's log, as a peer has it: a piece of it, or all that follows as it arrives. Called
// where the peer's calls run; the peer's end is HistoryRoutes::log_piece.
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

// The same as lines that arrive without being asked for one piece at a time. A peer of an earlier
// version sends fewer.
Task<std::unique_ptr<AnswerLines>> log_lines_of_peer(PeerCalls& calls, model::Dot after,
                                                     std::uint32_t count,
                                                     std::chrono::milliseconds timeout);

// What asks for them, in the query.
inline constexpr const char* whole_log = "whole";

}  // namespace reef::peers
