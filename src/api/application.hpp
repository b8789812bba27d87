// What a node answers: every request of the public port passes here, from the route to the log
// line.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "api/operator_routes.hpp"
#include "api/records.hpp"
#include "api/router.hpp"
#include "api/traffic.hpp"
#include "peers/admission.hpp"
#include "peers/peer_routes.hpp"

namespace reef::api {

// Shared by all threads of a node.
struct NodeStatus {
    std::string name;
    std::atomic<bool> ready{false};     // the store may be read and written
    std::atomic<bool> stopping{false};  // /readyz says so before the listener closes
    // The store may lack writes that it has told others: no write may be decided on it, not one
    // that a peer carries here either.
    std::atomic<bool> recovering{false};
    // A write has come with X-Replicated-From that is not believed, and the log says so.
    mutable std::atomic_flag replicated_from_told;

    // Why it is not ready, where that is not because it is starting; else "".
    void set_trouble(std::string why) {
        const std::lock_guard lock{mutex};
        trouble_text = std::move(why);
    }
    std::string trouble() const {
        const std::lock_guard lock{mutex};
        return trouble_text;
    }

private:
    mutable std::mutex mutex;  // guards trouble_text
    std::string trouble_text;
};

enum class RequestLog : std::uint8_t { all, errors, none };

struct ApplicationParts {
    RecordParts records;
    peers::PeerRouteParts peers;
    OperatorParts operators;
    peers::Admission admission;  // to /_atoll/…, which both of these answer
    const Router& router;
    const NodeStatus& status;
    Traffic& traffic;             // this thread's
    const std::string& openapi;   // /openapi.json
    const std::string& asyncapi;  // /asyncapi.json
    // /metrics, made when asked, of what the store lists.
    std::function<std::string(const std::map<std::string, model::ConflictCount>&)> metrics;
    std::function<std::string()> lag;  // /…/replication-lag, JSON
    RequestLog request_log = RequestLog::errors;
    std::vector<std::string> foreign_nodes = {};  // other programs, which X-Replicated-From names
};

// One per io thread.
std::shared_ptr<http::Handler> make_application(ApplicationParts parts);

}  // namespace reef::api
