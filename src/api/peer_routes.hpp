// /_atoll/…: what peers and operators ask of a node. Never passed by the gateway; beyond loopback
// only with the peer secret, and to nobody where a node beyond this machine has none.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "api/dead_letter_routes.hpp"
#include "commit/progress.hpp"
#include "http/http.hpp"
#include "http/problem.hpp"
#include "peers/history_routes.hpp"
#include "peers/peers.hpp"
#include "peers/proof_routes.hpp"
#include "replication/write_path.hpp"
#include "store/store.hpp"

namespace reef::api {

struct PeerParts {
    const model::Schema& schema;
    const http::ProblemShape& problems;
    store::Reader& reader;
    commit::Progress& progress;
    peers::Peers& peers;
    replication::WritePath& writes;
    replication::DeadLetters& letters;
    Clock& clock;
    std::string node;
    std::string schema_id;
    const std::atomic<bool>& stopping;
    std::string secret;   // "": only from loopback
    bool closed = false;  // to everybody
    // More members of the status, each with a comma before it: ,"leads":true
    std::function<std::string()> standing = {};
};

// One per io thread.
class PeerRoutes {
public:
    explicit PeerRoutes(PeerParts parts);
    asio::awaitable<http::Response> handle(const http::Request& request);

private:
    bool is_admitted(const http::Request& request) const;
    asio::awaitable<http::Response> answer(const http::Request& request);
    std::optional<http::Response> refuse_asker(const http::Request& request) const;
    asio::awaitable<http::Response> changes(const http::Request& request);
    asio::awaitable<http::Response> forward(const http::Request& request);
    asio::awaitable<http::Response> conflicts(const http::Request& request);
    asio::awaitable<http::Response> status();
    http::Response cut(const http::Request& request);
    http::Response problem(std::string_view error, std::string detail,
                           const http::Request& request) const;

    const PeerParts parts_;
    const http::ProblemWriter problems_;
    peers::HistoryRoutes history_;
    DeadLetterRoutes letters_;
    peers::ProofRoutes proof_;
};

}  // namespace reef::api
