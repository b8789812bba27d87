// Everything a node counts, in Prometheus' text form.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "api/server.hpp"
#include "api/traffic.hpp"
#include "commit/committer.hpp"
#include "commit/progress.hpp"
#include "model/operations.hpp"
#include "replication/inbox.hpp"
#include "replication/peers.hpp"
#include "replication/replication.hpp"

namespace reef::node {

struct MetricSources {
    const model::Schema& schema;
    const std::vector<model::Operation>& operations;
    const std::vector<std::unique_ptr<api::Traffic>>& traffic;  // one per io thread
    const commit::CommitCounts& commits;
    const commit::Progress& progress;
    api::ServerCounts server;
    const replication::Peers& peers;
    const replication::InboxCounts& inbox;
    std::uint64_t snapshot_rows = 0;
    std::optional<replication::BrokerReport> broker;
    double started = 0;  // unix time, seconds
};

std::string metrics_text(const MetricSources& sources);

}  // namespace reef::node
