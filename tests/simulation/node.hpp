// A simulated node: a store that lasts, and lives on it that do not. In a life everything is real
// that a node is made of below its HTTP server: committer, subscribers, peers, the router of
// writes, and the routes that peers ask. Its io_context only runs when the world says so.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "clock.hpp"
#include "commit/work.hpp"
#include "oracle.hpp"
#include "plants.hpp"
#include "replication/write_router.hpp"
#include "world.hpp"

namespace reef::peers {
class PeerRoutes;
}

namespace reef::simulation {

class Network;
class Queues;

struct NodeParts {
    World& world;
    Network& network;
    Oracle& oracle;
    const model::Schema& schema;
    std::vector<std::string> names;  // of all nodes
    std::size_t index = 0;           // which of them this is
    const commit::Rows& seed;
    Nanoseconds sync{0};
    Plant plant = Plant::none;
    Queues* queues = nullptr;  // bring the changes of others; null: the others do
};

class Node {
public:
    explicit Node(NodeParts parts);
    ~Node();

    const std::string& name() const { return parts_.names[parts_.index]; }
    std::size_t index() const { return parts_.index; }
    store::Store& store() { return *store_; }

    void start();  // a life begins, from what is durable
    void crash();  // and ends: of what it had begun nothing happens any more
    // Keeps a copy of what is durable; after a crash, puts the last one back. The store then begins
    // a new life, and serves when it has taken from all others what the old one had told them.
    void back_up();
    void restore();
    bool is_backed_up() const { return backup_ != nullptr; }
    void pause();  // as by SIGSTOP
    void resume();
    void set_skew(Nanoseconds skew) { skew_ = skew; }

    bool alive() const { return life_ != nullptr; }
    bool paused() const { return paused_; }
    bool open() const;  // to its peers: the seed is in
    // Takes requests of clients: it has caught up with its peers, or tried for long enough.
    bool serving();
    std::uint64_t life() const { return life_number_; }
    bool in(std::uint64_t life) const { return alive() && life == life_number_; }
    // Does it in this life, then lets everything run that this made ready. While the node is paused
    // it waits; when the life has ended it never happens.
    void run(std::uint64_t life, std::function<void()> what);

    // Of this life.
    asio::io_context& context();
    VirtualClock& clock();
    store::Reader& reader();
    commit::Progress& progress();
    peers::Peers& peers();
    replication::WriteRouter& writes();
    peers::PeerRoutes& routes();

private:
    struct Life;
    void settle();

    const NodeParts parts_;
    std::unique_ptr<store::Store> store_;
    std::unique_ptr<store::Store> backup_;
    Oracle::Holding held_in_backup_;
    std::size_t lives_of_store_ = 1;
    bool recovers_ = false;  // it may lack what it has told others
    model::OriginId restored_life_;
    Nanoseconds skew_{0};
    std::uint64_t life_number_ = 0;
    std::unique_ptr<Life> life_;
    bool paused_ = false;
    std::vector<std::pair<std::uint64_t, std::function<void()>>> waiting_;  // while paused
};

}  // namespace reef::simulation
