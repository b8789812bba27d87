// The direct transport: a peer's routes over HTTP. Its feed of changes, and single calls.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "http/client.hpp"
#include "model/sizes.hpp"
#include "peers/schema_agreement.hpp"
#include "peers/source.hpp"

namespace reef::peers {

struct PeerAddress {
    std::string node;  // the peer's name
    std::string host;
    std::string port;
    std::string secret;                               // "" between nodes of one machine
    std::string self;                                 // our own name
    std::string run = {};                             // names this process: see store::Runs
    std::shared_ptr<SchemaAgreement> agreement = {};  // in whose terms records are asked for
    std::vector<http::HostPort> more = {};  // its other processes: each in turn when one fails
};

struct DirectTimes {
    std::chrono::milliseconds connect{3000};  // a round trip, or two where a packet was lost
    std::chrono::milliseconds silence{5000};  // a feed that says nothing for so long is dead
    std::size_t line_bytes_max = model::line_bytes_max;  // of a longer line only its name is taken
};

// Used on the executor that its coroutines run on.
std::unique_ptr<Source> make_direct_source(PeerAddress peer, DirectTimes times);

// How long an answer is waited for. An answer that comes later is still read, so that its
// connection stays.
struct Patience {
    Patience(std::chrono::milliseconds longest) : timeout(longest) {}
    std::chrono::milliseconds timeout;
    // Asked again and again: how long the peer will be thought to be there. When it is not, the
    // call is given up: its connection is closed, so that the peer does not begin it any more.
    std::function<std::chrono::nanoseconds()> silent_in = {};
};

// Single requests to a peer, over connections that are kept. One executor.
class PeerCalls {
public:
    using Answer = http::Answer;
    virtual ~PeerCalls() = default;
    // unavailable: no connection; an earlier try on a kept one may have been carried out.
    // outcome_unknown: it was sent, and no answer came in time.
    virtual Task<Answer> post(std::string path, std::string body, Patience patience) = 0;
    virtual Task<Answer> get(std::string target, Patience patience) = 0;
    // Opens a connection or two, where none is idle, and uses those that nobody has used for long:
    // else what lies between would forget them.
    virtual asio::awaitable<void> keep_warm() = 0;
};
std::unique_ptr<PeerCalls> make_peer_calls(PeerAddress peer);
using PeerCallsByName = std::map<std::string, std::unique_ptr<PeerCalls>>;

}  // namespace reef::peers
