// From what an app says of its broker to what makes a link with it. Which product that is, is
// chosen here and nowhere else.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "brokers/broker_link.hpp"
#include "config/app.hpp"
#include "model/foreign_key.hpp"
#include "node/node.hpp"

namespace reef::node {

// invalid: a setting of the broker's client that it does not take.
Result<void> check_broker(const config::App& app, const NodeOptions& options);

// Absent where changes go from node to node. The app outlives what is made of it.
std::optional<brokers::BrokerLinkOptions> broker_options(const config::App& app,
                                                         const NodeOptions& options);

// How the app's other programs number their records, by name.
std::map<std::string, model::ForeignNumbers> foreign_numbers(const config::App& app);

}  // namespace reef::node
