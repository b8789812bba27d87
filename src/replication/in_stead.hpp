// After a silence the others say what they decided for this node meanwhile.
#pragma once

#include "commit/progress.hpp"
#include "peers/peers.hpp"

namespace reef::replication {

// This node decides nothing before that is here, or a moment has passed. From any thread.
asio::awaitable<void> wait_for_in_stead(const peers::Peers& peers, commit::Progress& progress,
                                        std::chrono::nanoseconds longest);

}  // namespace reef::replication
