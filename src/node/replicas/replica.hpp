// One read replica, from the opening of its store to its end: opened again when its storage has
// failed, made anew when that is asked for. It has a thread of its own, on which its feed runs, and
// one for its database. Whatever becomes of it, its primary and other replicas go on.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "node/database.hpp"
#include "node/replicas/replica_state.hpp"

namespace reef::node {

struct ReplicaOptions {
    std::string name;
    std::string of;  // "products/primary"
    store::StoreOptions store;
    bool keeps_requests = false;
    commit::CommitOptions commit = {};
    // On its committer's thread, once: a row that its database refuses again and again.
    std::function<void(const model::RecordRef&, const std::string& why)> refused = {};
    // Lets the readers of its store go, soon: before that is opened anew.
    std::function<void()> let_go = {};
};

// While its store is open. Whoever reads from it holds it.
struct OpenReplica {
    std::unique_ptr<Database> database;
};

class Replica {
public:
    Replica(const model::Schema& schema, Database& primary, Clock& clock, ReplicaOptions options);
    ~Replica();  // stops

    void start();  // again: nothing
    void stop();

    // From any thread, as what follows. Its store is made anew, and filled with the primary's rows.
    void reset();
    std::shared_ptr<OpenReplica> opened() const;  // null: it is closed
    // Another one after each opening.
    std::uint64_t openings() const { return openings_.load(std::memory_order_acquire); }
    ReplicaState& state() { return state_; }
    const ReplicaState& state() const { return state_; }

private:
    asio::awaitable<void> run();
    Result<void> open(bool fresh);
    asio::awaitable<void> feed();
    asio::awaitable<void> close();
    asio::awaitable<void> pause(std::chrono::nanoseconds length);

    const model::Schema& schema_;
    Database& primary_;
    Clock& clock_;
    const ReplicaOptions options_;
    ReplicaState state_;
    Watch wake_;  // something was asked for
    std::atomic<bool> broken_{false};
    std::atomic<bool> reset_wanted_{false};
    std::atomic<std::uint64_t> openings_{0};
    mutable std::mutex mutex_;  // guards open_
    std::shared_ptr<OpenReplica> open_;
    Worker worker_;
    TaskGroup tasks_;
    bool running_ = false;
};

}  // namespace reef::node
