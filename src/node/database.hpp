// One database of a node, from its store to its committer: every write passes through it, and it
// knows how far the store has come. The committer has a thread, which is this object's. It knows
// no HTTP, no peer and no other process: what a batch must know of those, it asks. A node has one
// database; a read replica would be another one, fed from this process.
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <functional>
#include <future>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "base/worker.hpp"
#include "commit/committer.hpp"
#include "commit/progress.hpp"
#include "store/store.hpp"

namespace reef::node {

struct DatabaseParts {
    const model::Schema& schema;
    std::unique_ptr<store::Store> store;
    store::Ledger ledger;  // what the store says of itself, at the start
    Clock& clock;
    // What each batch is told of the node.
    std::string schema_id = {};
    std::size_t node_index = 0;
    bool has_peers = false;
    std::uint64_t record_bytes_max = model::record_bytes_default;
    std::vector<std::string> foreign_nodes = {};
    std::vector<std::string> members = {};
    std::function<std::vector<std::vector<std::string>>()> other_members = {};
    bool keeps_events = false;
    decltype(commit::BatchContext::decider) decider = {};
    // On the committer's thread, after each durable batch of this process or another one.
    std::function<void(const store::Ledger&)> committed = {};
    // There too, before a batch of this process is saved. unavailable: it must not be.
    std::function<Result<void>(const store::Ledger&)> may_save = {};
};

class Database {
public:
    Database(DatabaseParts parts, commit::CommitOptions options);
    ~Database();  // stops

    // On the committer's thread: rows that a batch made of two states that lacked each other's
    // writes.
    using JoinedListener = std::function<void(std::vector<model::RecordRef>)>;
    // Commits from now on. When durable storage fails the process ends at once, without answering
    // anybody: what was not answered may be lost.
    void start(JoinedListener joined);
    // What waits is still committed, what comes later is refused. Once; not on the database's
    // thread.
    void stop();

    // Ends the process at once. The kernel marks a page clean that it could not write, so a second
    // fsync would say that all is well; a database that has gone back in time is not what this
    // process knows. Nobody who still waits is answered.
    [[noreturn]] static void fail(const Error& error);

    commit::Committer& committer() { return committer_; }
    const commit::Committer& committer() const { return committer_; }
    commit::Progress& progress() { return progress_; }
    const commit::Progress& progress() const { return progress_; }
    store::Store& store() { return *parts_.store; }
    std::unique_ptr<store::Reader> open_reader(asio::any_io_executor on) {
        return parts_.store->open_reader(std::move(on));
    }

    // The committer's thread, and its executor.
    asio::io_context& context() { return worker_.context(); }
    asio::any_io_executor executor() { return worker_.context().get_executor(); }
    // Runs it on that thread, and waits for it on another one.
    template <class T>
    Result<T> run(Task<T> task) {
        return asio::co_spawn(context(), std::move(task), asio::use_future).get();
    }

    // On that thread: where other processes of the node share the store, the lease that this one
    // holds (see store::InstanceLease), which each batch says; and what another one has committed.
    void set_lease(std::uint64_t lease) { lease_ = lease; }
    void committed(const store::Ledger& ledger);

private:
    commit::BatchContext batch_context();

    const DatabaseParts parts_;
    commit::Progress progress_;
    std::mt19937_64 random_{std::random_device{}()};  // used on the committer's thread
    std::uint64_t lease_ = 0;
    JoinedListener joined_;
    Worker worker_;
    const std::unique_ptr<store::Writer> writer_;
    commit::Committer committer_;
    std::promise<void> ended_;  // the committer has
    bool running_ = false;
};

// What a store says of itself, before there is a thread for it.
Result<store::Ledger> ledger_of(store::Store& store);

}  // namespace reef::node
