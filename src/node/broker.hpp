// From what an app says of its broker to what replication takes.
#pragma once

#include <optional>

#include "config/app.hpp"
#include "node/node.hpp"
#include "replication/replication.hpp"

namespace reef::node {

// invalid: a setting of the broker's client that it does not take.
Result<void> check_broker(const config::App& app, const NodeOptions& options);

// Absent where changes go from node to node. The app outlives what is made of it.
std::optional<replication::BrokerOptions> broker_options(const config::App& app,
                                                         const NodeOptions& options);

}  // namespace reef::node
