// What operators ask of a node (`atoll status`, `cut`, `conflicts`, `events`, `dead-letters`),
// below
// /_atoll/. Whom this is answered to is decided before (peers/admission.hpp).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "api/conflict_routes.hpp"
#include "api/dead_letter_routes.hpp"
#include "api/event_routes.hpp"
#include "api/replica_report.hpp"
#include "brokers/report.hpp"
#include "commit/progress.hpp"
#include "http/http.hpp"
#include "http/problem.hpp"
#include "peers/peers.hpp"
#include "replication/repair.hpp"
#include "replication/retirement.hpp"

namespace reef::api {

// How this process stands among those of its node, and with the broker.
struct Standing {
    std::vector<std::string> warnings = {};       // sentences that a person should read
    bool leads = true;                            // it applies what peers send
    bool ready = true;                            // it serves records …
    std::string trouble = {};                     // … or why it does not
    std::optional<brokers::BrokerReport> broker;  // absent: changes go from node to node
    std::vector<ReplicaReport> replicas = {};
};

struct OperatorParts {
    const model::Schema& schema;
    const http::ProblemShape& problems;
    ConflictParts conflicts;
    EventParts events;
    commit::Progress& progress;
    peers::Peers& peers;
    replication::DeadLetters& letters;
    replication::Retirement& retirement;
    replication::Repairs& repairs;
    std::string node;
    std::function<Standing()> standing;
    // Makes a read replica anew, by its name; "": all of them. not_found: there is none.
    std::function<Result<void>(std::string_view)> reset_replicas = {};
};

// One per io thread.
class OperatorRoutes {
public:
    explicit OperatorRoutes(OperatorParts parts);
    asio::awaitable<http::Response> handle(const http::Request& request);

private:
    asio::awaitable<http::Response> status();
    asio::awaitable<http::Response> repair(const http::Request& request);
    http::Response cut(const http::Request& request);
    http::Response reset_replicas(const http::Request& request);
    asio::awaitable<http::Response> retire(const http::Request& request);
    http::Response problem(std::string_view error, std::string detail,
                           const http::Request& request) const;

    const OperatorParts parts_;
    const http::ProblemWriter problems_;
    DeadLetterRoutes letters_;
    ConflictRoutes conflicts_;
    EventRoutes events_;
};

}  // namespace reef::api
