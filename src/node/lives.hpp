// Whether this node may serve. Each start of a process is noted in the store and in the mark beside
// it. Where something shows that the store lacks writes which the node has told others, the store
// begins a new life: other numbers, and ids that were never given. Then the node takes the old
// life's writes from its peers and its broker, and serves no sooner. This holds while it runs, too.
#pragma once

#include <future>
#include <optional>
#include <string>

#include "api/application.hpp"
#include "node/database.hpp"
#include "node/life_evidence.hpp"
#include "node/node.hpp"
#include "replication/replication.hpp"

namespace reef::node {

struct LivesParts {
    const model::Schema& schema;
    const NodeOptions& options;
    Database& database;
    replication::Replication& replication;
    peers::Peers& peers;
    api::NodeStatus& status;
    std::string run;   // names this process
    std::string file;  // of the mark
};

class Lives {
public:
    explicit Lives(LivesParts parts);

    // ---- for the database, on its thread ----
    Result<void> may_save(const store::Ledger& ledger) { return keeper_.reserve(ledger); }
    void committed(const store::Ledger& ledger) { keeper_.follow(ledger); }

    // Notes that this process runs on the store, in a new life if there is evidence against the old
    // one. Blocks; before anything else is written.
    Result<void> begin();
    // Returns when the node is ready. closed: it is to stop. Blocks; replication runs already.
    Result<void> wait_until_ready();
    void end();
    // For as long as the node runs. On replication's thread, as what follows.
    asio::awaitable<void> watch();
    // A peer shows that the life cannot go on.
    void suspect(std::string why);

private:
    Task<void> note_run(bool new_life);
    asio::awaitable<void> catch_up();
    asio::awaitable<void> begin_new_life();
    asio::awaitable<void> finish_recovery();
    asio::awaitable<bool> wait_for_trouble();
    bool is_refused() const { return parts_.peers.has_trouble(peers::other_run); }
    bool may_go_on_alone();
    std::string waits_for() const;
    void report_lost() const;
    void show(std::string trouble);
    void show_refused();

    const LivesParts parts_;
    MarkKeeper keeper_;
    std::optional<Mark> mark_;          // as it was found
    std::optional<Evidence> evidence_;  // until all that the life before told others is here
    std::string suspicion_;             // of replication's thread
    bool refusal_logged_ = false;
    bool promised_ = false;
    std::promise<void> ready_;
};

}  // namespace reef::node
