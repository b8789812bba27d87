// One node: owns its store, its committer, its io threads and its server; starts them in order and
// stops them in reverse.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api/application.hpp"
#include "api/replica_report.hpp"
#include "config/app.hpp"
#include "store/store.hpp"

namespace reef::node {

struct NodeOptions {
    std::string name;  // one of the app's nodes
    std::string data;  // folder of its stores; made when missing
    int instance = 1;  // which of the node's processes on one database this is
    config::Endpoint listen;
    bool fresh = false;          // what was there before is thrown away
    bool alone = false;          // without its peers: as if the app had no other node
    bool serve = true;           // false: open, seed, nothing else
    std::size_t io_threads = 0;  // 0: one for each processor
    api::RequestLog request_log = api::RequestLog::errors;
    std::chrono::milliseconds stop_timeout{10'000};
    std::function<bool()> stop_asked = {};  // asked while the database is waited for
    // For tests: puts something between the node and its store.
    std::function<std::unique_ptr<store::Store>(std::unique_ptr<store::Store>)> wrap_store = {};
};

class Node {
public:
    virtual ~Node() = default;  // stops
    virtual std::uint16_t port() const = 0;
    virtual std::uint64_t records() const = 0;
    // Makes a read replica anew, by its name, or all of them (""), also while the node does not
    // serve. not_found: there is none. What it says of them shows how far that is.
    virtual Result<void> reset_replicas(std::string_view name) = 0;
    virtual std::vector<api::ReplicaReport> replicas() const = 0;
    // Answers the requests that have begun, and commits what waits. Once.
    virtual void stop() = 0;
};

// Returns when the node serves. If its database cannot be reached, that takes until it can be, and
// the node's port answers 503 meanwhile. closed: stop_asked() said so. The app outlives the node.
// If durable storage fails, the process ends at once with status 1, without answering anybody: what
// was not answered may be lost.
Result<std::unique_ptr<Node>> start_node(const config::App& app, NodeOptions options);

}  // namespace reef::node
