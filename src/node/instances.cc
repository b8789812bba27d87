#include "node/instances.hpp"

#include "base/clock.hpp"
#include "base/log.hpp"

namespace reef::node {

namespace {

constexpr int first_looks = 3;  // who died a moment ago still has the lease
constexpr std::chrono::milliseconds pause_while_away{100};

}  // namespace

Instances::Instances(Database& database)
    : database_(database),
      lease_of_node_(database.store().open_lease(database.executor())),
      shared_(lease_of_node_ != nullptr),
      tasks_(database.executor()) {}

Instances::~Instances() = default;

void Instances::start(InstancesListener listener) {
    if (!shared_) return;
    listener_ = std::move(listener);
    running_ = true;
    asio::co_spawn(database_.context(), find_leader(), asio::use_future).get();
}

void Instances::stop() {
    if (!std::exchange(running_, false)) return;
    asio::co_spawn(database_.context(), end(), asio::use_future).get();
}

// True: it could look.
Task<bool> Instances::look() {
    auto update = co_await lease_of_node_->next(database_.progress().ledger()->batch);
    if (!update && update.error().code == Errc::broken) Database::fail(update.error());
    const std::uint64_t lease = update ? update->lease : 0;
    const std::uint64_t before = lease_.exchange(lease);
    database_.set_lease(lease);
    if (lease != before) {
        if (lease > 0) log::info("Holds the node's lease", {{"lease", lease}});
        if (lease == 0) log::warn("Lost the node's lease", {{"lease", before}});
        listener_.leads(lease > 0);
    }
    listener_.heard();
    if (update && update->ledger) database_.committed(*update->ledger);
    co_return update.has_value();
}

asio::awaitable<void> Instances::find_leader() {
    for (int looks = 0; looks < first_looks && lease_ == 0; ++looks)
        static_cast<void>(co_await look());
    tasks_.start("instances", keep());
}

asio::awaitable<void> Instances::keep() {
    for (;;) {
        auto looked = co_await look();
        if (*looked) continue;
        Result<void> slept = co_await system_clock().sleep(pause_while_away);
        if (!slept) co_return;  // stopping
    }
}

asio::awaitable<void> Instances::end() {
    co_await tasks_.end();
    lease_of_node_.reset();
}

}  // namespace reef::node
