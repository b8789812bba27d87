// Where a peer is, how this node connects to it, and what each call to it says of this node.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "http/client.hpp"
#include "peers/schema_agreement.hpp"

namespace reef::peers {

struct PeerAddress {
    std::string node;  // the peer's name
    std::string host;
    std::string port;
    std::string secret;                               // "" between nodes of one machine
    std::string self;                                 // our own name
    std::string run = {};                             // names this process: see store::Runs
    std::shared_ptr<SchemaAgreement> agreement = {};  // in whose terms records are asked for
    http::Compression compression = http::Compression::beyond_loopback;  // of what it sends
    std::vector<std::string> members = {};  // of the app, as this node knows it
    std::vector<http::HostPort> more = {};  // its other processes: each in turn when one fails
};

// A round trip, or two where a packet was lost.
inline constexpr std::chrono::milliseconds connect_max{3000};

Error unavailable(const PeerAddress& peer, std::string_view what);

// The next call goes to the next of the peer's processes.
void turn_to_next_process(PeerAddress& peer);

// refused: nobody listens there. unavailable: it cannot be reached.
Task<std::unique_ptr<http::ClientConnection>> connect(PeerAddress peer,
                                                      std::chrono::milliseconds timeout);

http::Call make_call(const PeerAddress& peer, http::Method method, std::string target);

}  // namespace reef::peers
