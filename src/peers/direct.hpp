// The direct transport: a peer's routes over HTTP. Its feed of changes, and single calls.
#pragma once

#include <chrono>
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
    std::chrono::milliseconds connect{500};
    std::chrono::milliseconds silence{1500};  // a feed that says nothing for so long is dead
    std::size_t line_bytes_max = model::line_bytes_max;  // of a longer line only its name is taken
};

// Used on the executor that its coroutines run on.
std::unique_ptr<Source> make_direct_source(PeerAddress peer, DirectTimes times);

// Single requests to a peer, over connections that are kept. One executor.
class PeerCalls {
public:
    using Answer = http::Answer;
    virtual ~PeerCalls() = default;
    // unavailable: no connection; an earlier try on a kept one may have been carried out.
    // outcome_unknown: it was sent, and no answer came in time.
    virtual Task<Answer> post(std::string path, std::string body,
                              std::chrono::milliseconds timeout) = 0;
    virtual Task<Answer> get(std::string target, std::chrono::milliseconds timeout) = 0;
};
std::unique_ptr<PeerCalls> make_peer_calls(PeerAddress peer);

}  // namespace reef::peers
