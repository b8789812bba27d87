// Everything that keeps this node level with its peers: one subscriber for each of them, the way of
// writes to their homes, and what is known of the peers. On a thread of its own.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/worker.hpp"
#include "replication/peers.hpp"
#include "replication/subscriber.hpp"
#include "replication/write_path.hpp"

namespace reef::replication {

struct ReplicationOptions {
    std::string node;
    std::vector<transport::PeerAddress> peers;
    std::chrono::milliseconds catch_up_max{5000};
    std::chrono::milliseconds hand_over_max{2000};
};

class Replication {
public:
    Replication(const model::Schema& schema, commit::Committer& committer,
                commit::Progress& progress, Clock& clock, ReplicationOptions options);
    ~Replication();  // stops

    void start();
    // Blocks until what reachable peers stated at first contact is applied, bounded; at once when
    // there is none. Not on any of the node's threads.
    void catch_up();
    // Blocks until a connected peer has everything of this node, bounded: nothing is left behind.
    void hand_over();
    void stop();

    Peers& peers() { return peers_; }
    WritePath& writes() { return *writes_; }

private:
    const ReplicationOptions options_;
    commit::Progress& progress_;
    Peers peers_;
    Worker worker_;
    std::unique_ptr<WritePath> writes_;
    std::vector<std::unique_ptr<Subscriber>> subscribers_;
    TaskGroup tasks_;
    bool running_ = false;
};

}  // namespace reef::replication
