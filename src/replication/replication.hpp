// Everything that keeps this node level with its peers: one subscriber for each of them, or a
// broker that carries the changes (then the peers' feeds say how far they are), the inbox that what
// comes passes through, dead letters, and the router of writes. On a thread of its own.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/worker.hpp"
#include "brokers/broker_link.hpp"
#include "peers/peers.hpp"
#include "replication/dead_letters.hpp"
#include "replication/inbox.hpp"
#include "replication/peer_logs.hpp"
#include "replication/pulse.hpp"
#include "replication/repair.hpp"
#include "replication/retirement.hpp"
#include "replication/subscriber.hpp"
#include "replication/write_router.hpp"

namespace reef::replication {

struct ReplicationParts {
    const model::Schema& schema;
    store::Store& store;
    commit::Committer& committer;
    commit::Progress& progress;
    peers::Peers& peers;
    Clock& clock;
    // Told why this store's life must end: see LifeWatch. On replication's thread.
    std::function<void(std::string)> suspect;
    std::string node = {};                  // our own name …
    std::string run = {};                   // … and this process's
    std::vector<std::string> members = {};  // of the app, ours and our peers
};

struct ReplicationOptions {
    std::vector<peers::PeerAddress> peers;
    bool follows_peers = true;  // else a broker alone carries the changes
    WriteTimeouts writes = {};
    std::optional<brokers::BrokerLinkOptions> broker = {};
    std::chrono::milliseconds catch_up_max{5000};
    std::chrono::seconds snapshot_max{600};  // the same, while a snapshot is being taken
    std::chrono::milliseconds hand_over_max{4000};
};

class Replication {
public:
    Replication(const ReplicationParts& parts, ReplicationOptions options);
    ~Replication();  // stops

    void start();
    // From any thread: whether this process of the node applies what peers send, and tells a
    // broker of the node's changes. Peers are followed in any case: what they say of themselves is
    // for all.
    void lead(bool on);
    // From any thread: rows that were joined, and that other programs have not seen.
    void show_joined(std::vector<model::RecordRef> records);
    // From any thread: a row that a replica's database refuses.
    void put_aside_row(model::RecordRef record, std::string why);
    // Returns when what reachable peers stated at first contact is applied, bounded; at once when
    // there is none, or when `enough` says so. On replication's thread.
    asio::awaitable<void> catch_up(std::function<bool()> enough);
    // The same with every peer, and with all that the broker holds, however long it takes.
    asio::awaitable<void> catch_up_with_all(std::function<bool()> enough);
    // Blocks until a connected peer has everything of this node, bounded: nothing is left behind.
    void hand_over();
    void stop();

    WriteRouter& writes() { return writes_; }
    ValueClaims& claims() { return claims_; }
    DeadLetters& dead_letters() { return dead_letters_; }
    Retirement& retirement() { return retirement_; }
    Repairs& repairs() { return repairs_; }
    const InboxCounts& inbox_counts() const { return inbox_.counts(); }
    std::uint64_t snapshot_rows() const { return snapshot_.rows(); }
    // Absent without a broker. From any thread.
    std::optional<brokers::BrokerReport> broker() const;

    asio::any_io_executor executor() { return worker_.context().get_executor(); }
    // Ends with stop().
    void run(const char* name, asio::awaitable<void> task) { tasks_.start(name, std::move(task)); }

private:
    void make_subscribers();
    // Looks again whenever something was heard of a peer.
    void block_until(std::function<bool()> holds, std::chrono::nanoseconds timeout);

    const ReplicationParts parts_;
    const ReplicationOptions options_;
    Worker worker_;
    const std::unique_ptr<store::Reader> reader_;
    const peers::PeerCallsByName calls_;  // for what takes long; writes have calls of their own
    peers::Snapshot snapshot_;
    LifeWatch life_watch_;
    Inbox inbox_;
    const std::unique_ptr<brokers::BrokerLink> broker_;  // null: changes go from node to node
    DeadLetters dead_letters_;
    Repairs repairs_;
    PeerLogs logs_;
    Retirement retirement_;
    std::vector<std::unique_ptr<Subscriber>> subscribers_;
    const peers::PeerCallsByName write_calls_;
    std::vector<std::unique_ptr<peers::Source>> beats_;  // of each peer, as the next ones
    std::vector<std::unique_ptr<Pulse>> pulses_;
    ValueClaims claims_;
    WriteRouter writes_;
    TaskGroup tasks_;
    bool running_ = false;
};

}  // namespace reef::replication
