// What a node answers to its peers: the real peer routes, with a simulated connection below them.
#pragma once

#include <exception>
#include <memory>
#include <string>

#include "network.hpp"

namespace reef::simulation {

asio::awaitable<void> serve_feed(Network& network, std::shared_ptr<Network::Wire> wire,
                                 std::string target);
asio::awaitable<void> serve_question(Network& network, std::shared_ptr<Network::Call> call,
                                     PeerQuestion question);

// What a coroutine throws is a bug, to be seen where it happens.
void rethrow(const std::exception_ptr& thrown);

}  // namespace reef::simulation
