// Everything a node counts, in Prometheus' text form.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "api/operations.hpp"
#include "api/replica_report.hpp"
#include "api/traffic.hpp"
#include "brokers/report.hpp"
#include "commit/committer.hpp"
#include "commit/progress.hpp"
#include "http/server.hpp"
#include "model/conflict.hpp"
#include "peers/peers.hpp"
#include "replication/inbox.hpp"
#include "replication/replication.hpp"

namespace reef::node {

struct MetricSources {
    const model::Schema& schema;
    const std::vector<api::Operation>& operations;
    const std::vector<std::unique_ptr<api::Traffic>>& traffic;  // one per io thread
    const commit::CommitCounts& commits;
    const commit::Progress& progress;
    http::ServerCounts server;
    const peers::Peers& peers;
    const replication::InboxCounts& inbox;
    std::uint64_t snapshot_rows = 0;
    std::optional<brokers::BrokerReport> broker;
    const std::map<std::string, model::ConflictCount>& conflicts;  // by kind
    std::vector<api::ReplicaReport> replicas = {};
    double started = 0;  // unix time, seconds
};

std::string metrics_text(const MetricSources& sources);

}  // namespace reef::node
