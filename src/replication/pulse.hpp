// Keeps this node informed of whether one peer is there: listens to its beats on two connections at
// once, since one that is reset takes two round trips to come back, and keeps the connections for
// calls warm.
#pragma once

#include <memory>
#include <random>
#include <string>

#include "base/clock.hpp"
#include "peers/calls.hpp"
#include "peers/peers.hpp"
#include "peers/source.hpp"

namespace reef::replication {

struct PulseParts {
    peers::Peers& peers;
    Clock& clock;
    std::string peer;
    peers::Source& source;
    peers::PeerCalls& calls;  // those for writes
    std::uint64_t random_seed = 0;
};

class Pulse {
public:
    explicit Pulse(PulseParts parts);

    // Each runs until it is cancelled. listen(): as often as there are to be connections.
    asio::awaitable<void> listen();
    asio::awaitable<void> keep_warm();

    static constexpr int connections = 2;

private:
    Task<void> follow();

    const PulseParts parts_;
    std::mt19937_64 random_;
};

// Lets the time of the peers pass while this process runs. Until it is cancelled.
asio::awaitable<void> tick(peers::Peers& peers, Clock& clock);

}  // namespace reef::replication
