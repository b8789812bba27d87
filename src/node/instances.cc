#include "node/instances.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>

#include "base/clock.hpp"
#include "base/log.hpp"

namespace reef::node {

namespace {

constexpr int first_looks = 3;  // who died a moment ago still has the lease
constexpr std::chrono::milliseconds pause_while_away{100};

}  // namespace

Instances::Instances(InstancesParts parts)
    : parts_(std::move(parts)),
      shared_(parts_.lease != nullptr),
      tasks_(parts_.worker.context().get_executor()) {}

Instances::~Instances() = default;

void Instances::start() {
    if (!shared_) return;
    running_ = true;
    asio::co_spawn(parts_.worker.context(), find_leader(), asio::use_future).get();
}

void Instances::stop() {
    if (!std::exchange(running_, false)) return;
    asio::co_spawn(parts_.worker.context(), end(), asio::use_future).get();
}

// True: it could look.
Task<bool> Instances::look() {
    auto news = co_await parts_.lease->next();
    const std::uint64_t lease = news ? news->lease : 0;
    const std::uint64_t before = lease_.exchange(lease);
    if (lease != before) {
        if (lease > 0) log::info("Holds the node's lease", {{"lease", lease}});
        if (lease == 0) log::warn("Lost the node's lease", {{"lease", before}});
        parts_.leads(lease > 0);
    }
    parts_.heard();
    if (news && news->ledger) parts_.committed(*news->ledger);
    co_return news.has_value();
}

Task<bool> Instances::find_leader() {
    for (int looks = 0; looks < first_looks && lease_ == 0; ++looks)
        static_cast<void>(co_await look());
    tasks_.start("instances", keep());
    co_return true;
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
    tasks_.cancel();
    co_await tasks_.join();
    parts_.lease.reset();
}

}  // namespace reef::node
