// How far this node is behind its peers, as /replication-lag and status say it.
#pragma once

#include <string>

#include "peers/peers.hpp"

namespace reef::peers {

// {"lag_seconds":0.004,"peers":[{"name":"eu","lag_seconds":…,"pending":0,…}]}
std::string lag_json(const Peers& peers);

}  // namespace reef::peers
