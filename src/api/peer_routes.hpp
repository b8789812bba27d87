// /_atoll/…: what peers and operators ask of a node. Never passed by the gateway; beyond loopback
// only with the peer secret, and to nobody where a node beyond this machine has none.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "api/history_routes.hpp"
#include "api/http.hpp"
#include "api/letter_routes.hpp"
#include "api/problem.hpp"
#include "api/proof_routes.hpp"
#include "commit/progress.hpp"
#include "replication/peers.hpp"
#include "replication/write_path.hpp"
#include "store/store.hpp"

namespace reef::api {

struct PeerParts {
    const model::Schema& schema;
    const model::Answers& answers;
    store::Reader& reader;
    commit::Progress& progress;
    replication::Peers& peers;
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
    asio::awaitable<Response> handle(const Request& request);

private:
    bool is_admitted(const Request& request) const;
    asio::awaitable<Response> answer(const Request& request);
    std::optional<Response> refuse_asker(const Request& request) const;
    asio::awaitable<Response> changes(const Request& request);
    asio::awaitable<Response> forward(const Request& request);
    asio::awaitable<Response> conflicts(const Request& request);
    asio::awaitable<Response> status();
    Response cut(const Request& request);
    Response problem(std::string_view error, std::string detail, const Request& request) const;

    const PeerParts parts_;
    const ProblemWriter problems_;
    HistoryRoutes history_;
    LetterRoutes letters_;
    ProofRoutes proof_;
};

}  // namespace reef::api
