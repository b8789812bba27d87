// What this node answers to its peers: one table of calls below /_atoll/. The other end of each
// call is in this folder too: `direct` follows the feed, `snapshot` and `record` ask for rows. Who
// may call at all is decided before (`admission.hpp`).
#pragma once

#include <atomic>
#include <functional>
#include <optional>
#include <string>

#include "commit/progress.hpp"
#include "http/http.hpp"
#include "http/problem.hpp"
#include "model/intent.hpp"
#include "peers/claim.hpp"
#include "peers/history_routes.hpp"
#include "peers/peers.hpp"
#include "peers/proof_routes.hpp"
#include "store/reader.hpp"

namespace reef::peers {

struct PeerRouteParts {
    const model::Schema& schema;
    const http::ProblemShape& problems;
    store::Reader& reader;  // all of it: each of the routes below gets its part
    commit::Progress& progress;
    Peers& peers;
    // Decides a write that a peer carried here, since this node is its record's home.
    std::function<Task<model::Outcome>(model::Intent)> decide;
    ClaimHandlers claims;  // of the values that this node keeps, and of what it has claimed
    Clock& clock;
    std::string node;                   // our own name
    std::string schema_id;              // who does not say it gets none of our history
    const std::atomic<bool>& stopping;  // this node is about to end
    bool signs = false;                 // what it sends to a broker
    ReplicaReader replicas = {};        // of this node, for whoever compares rows
};

// One per io thread.
class PeerRoutes {
public:
    explicit PeerRoutes(PeerRouteParts parts);

    // Whether this is a call of a peer; else handle() finds nothing there.
    static bool serves(const http::Request& request);
    asio::awaitable<http::Response> handle(const http::Request& request);

private:
    struct Call;

    static const Call* find(const http::Request& request);
    asio::awaitable<http::Response> changes(const http::Request& request);
    asio::awaitable<http::Response> beats(const http::Request& request);
    asio::awaitable<http::Response> snapshot(const http::Request& request);
    asio::awaitable<http::Response> record(const http::Request& request);
    asio::awaitable<http::Response> rows(const http::Request& request);
    asio::awaitable<http::Response> schema(const http::Request& request);
    asio::awaitable<http::Response> forward(const http::Request& request);
    asio::awaitable<http::Response> claim(const http::Request& request);
    asio::awaitable<http::Response> claimant(const http::Request& request);
    std::optional<http::Response> refuse_writer(const http::Request& request) const;
    std::optional<http::Response> refuse_asker(const http::Request& request) const;
    http::Response problem(std::string_view error, std::string detail,
                           const http::Request& request) const;

    const PeerRouteParts parts_;
    const http::ProblemWriter problems_;
    HistoryRoutes history_;
    ProofRoutes proof_;
};

}  // namespace reef::peers
