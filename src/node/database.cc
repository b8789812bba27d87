#include "node/database.hpp"

#include <unistd.h>

#include "base/log.hpp"

namespace reef::node {

Database::Database(DatabaseParts parts, commit::CommitOptions options)
    : parts_(std::move(parts)),
      progress_(parts_.ledger, parts_.clock),
      worker_("committer"),
      writer_(parts_.store->open_writer(executor())),
      committer_(
          {parts_.schema, *writer_, parts_.clock, executor(), [this] { return batch_context(); },
           [this](const store::Ledger& ledger) { committed(ledger); }, parts_.may_save,
           [this](std::vector<model::RecordRef> rows) { joined_(std::move(rows)); }},
          options) {}

Database::~Database() {
    stop();
}

void Database::start(JoinedListener joined) {
    joined_ = std::move(joined);
    asio::co_spawn(context(), committer_.run(),
                   [this](const std::exception_ptr& thrown, Result<void> done) {
                       if (thrown) std::rethrow_exception(thrown);
                       if (!done) fail(done.error());
                       ended_.set_value();
                   });
    running_ = true;
    worker_.start();
}

void Database::fail(const Error& error) {
    log::error("Durable storage failed: ending the process", {{"error", error.what}});
    _exit(1);
}

void Database::stop() {
    if (!std::exchange(running_, false)) return;
    committer_.stop();
    ended_.get_future().wait();
    worker_.stop();
}

void Database::committed(const store::Ledger& ledger) {
    progress_.advance(ledger);
    if (parts_.committed) parts_.committed(ledger);
}

commit::BatchContext Database::batch_context() {
    commit::BatchContext now;
    now.now = parts_.clock.now();
    for (std::uint8_t& byte : now.random)
        byte = static_cast<std::uint8_t>(random_());
    now.node_index = parts_.node_index;
    now.lease = lease_;
    now.schema = parts_.schema_id;
    now.foreign_nodes = parts_.foreign_nodes;
    now.members = parts_.members;
    if (parts_.other_members) now.other_members = parts_.other_members();
    now.keeps_events = parts_.keeps_events;
    now.has_peers = parts_.has_peers;
    now.record_bytes_max = parts_.record_bytes_max;
    now.decider = parts_.decider;
    return now;
}

Result<store::Ledger> ledger_of(store::Store& store) {
    asio::io_context once;
    const auto reader = store.open_reader(once.get_executor());
    auto ledger = asio::co_spawn(once, reader->ledger(), asio::use_future);
    once.run();
    return ledger.get();
}

}  // namespace reef::node
