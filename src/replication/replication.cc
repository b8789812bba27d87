#include "replication/replication.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <random>

namespace reef::replication {

namespace {

std::vector<std::string> names_of(const std::vector<peers::PeerAddress>& peers) {
    std::vector<std::string> names;
    for (const peers::PeerAddress& peer : peers)
        names.push_back(peer.node);
    return names;
}

peers::PeerCallsByName calls_of(const std::vector<peers::PeerAddress>& peers) {
    peers::PeerCallsByName calls;
    for (const peers::PeerAddress& peer : peers)
        calls.emplace(peer.node, peers::make_peer_calls(peer));
    return calls;
}

std::unique_ptr<brokers::BrokerLink> make_broker_link(
    const brokers::BrokerLinkParts& parts,
    const std::optional<brokers::BrokerLinkOptions>& wanted) {
    return wanted ? std::make_unique<brokers::BrokerLink>(parts, *wanted) : nullptr;
}

// A gap that no peer can fill: the broker may have what was lost.
std::function<void(const model::Dot&)> when_nobody_has_it(brokers::BrokerLink* broker) {
    if (!broker) return {};
    return [broker](const model::Dot& gap) { broker->begin_anew(gap); };
}

std::uint64_t random_number() {
    std::random_device random;
    return std::uint64_t{random()} << 32 | random();
}

// Waits until `holds` does, looking again whenever peers were heard; false at the deadline.
asio::awaitable<bool> wait_until(peers::Peers& peers, Clock& clock,
                                 std::chrono::nanoseconds deadline, std::function<bool()> holds) {
    const auto until = clock.steady() + deadline;
    for (;;) {
        const std::uint64_t seen = peers.watch().generation();
        if (holds()) co_return true;
        const auto left = until - clock.steady();
        if (left <= left.zero()) co_return false;
        static_cast<void>(co_await peers.watch().wait_beyond(seen, left));
    }
}

}  // namespace

Replication::Replication(const model::Schema& schema, store::Store& store,
                         commit::Committer& committer, commit::Progress& progress, Clock& clock,
                         ReplicationOptions options)
    : options_(std::move(options)),
      progress_(progress),
      peers_(names_of(options_.peers), clock),
      worker_("peers"),
      reader_(store.open_reader(worker_.context().get_executor())),
      calls_(calls_of(options_.peers)),
      snapshot_({schema, committer, progress, calls_, peers_}),
      inbox_({schema, committer, progress, *reader_, peers_, clock}),
      broker_(make_broker_link({schema, committer, progress, *reader_, peers_, clock, inbox_,
                                worker_.context().get_executor()},
                               options_.broker)),
      dead_letters_({schema, committer, progress, *reader_, calls_, clock,
                     worker_.context().get_executor(), broker_.get()}),
      logs_(peers_, calls_, snapshot_, when_nobody_has_it(broker_.get())),
      writes_({schema, committer, progress, peers_, clock, worker_.context().get_executor(),
               random_number()},
              calls_of(options_.peers)),
      tasks_(worker_.context().get_executor()) {
    if (options_.follows_peers) make_subscribers(committer, clock);
}

Replication::~Replication() {
    stop();
}

void Replication::make_subscribers(commit::Committer& committer, Clock& clock) {
    SubscriberOptions following;
    // With a broker the peers' feeds carry no changes.
    if (broker_) following.passed_over = names_of(options_.peers);
    for (const peers::PeerAddress& peer : options_.peers) {
        subscribers_.push_back(std::make_unique<Subscriber>(
            SubscriberParts{committer, progress_, inbox_, snapshot_, peers_, clock}, peer.node,
            peers::make_direct_source(peer, {}), random_number(), following));
    }
}

void Replication::joined(std::vector<model::RecordRef> records) {
    if (broker_) broker_->show_joined(std::move(records));
}

std::optional<brokers::BrokerReport> Replication::broker() const {
    return broker_ ? std::optional{broker_->report()} : std::nullopt;
}

void Replication::start() {
    for (const auto& subscriber : subscribers_)
        tasks_.start("subscriber", subscriber->run());
    const auto parked = [this](const auto& some) { dead_letters_.parked(some); };
    tasks_.start("inbox", inbox_.run(parked));
    tasks_.start("gaps", inbox_.fill_gaps(logs_));
    tasks_.start("dead letters", dead_letters_.retry());
    if (broker_) broker_->start(tasks_);
    running_ = true;
    worker_.start();
}

void Replication::lead(bool on) {
    asio::post(worker_.context(), [this, on] {
        inbox_.lead(on);
        if (broker_) broker_->lead(on);
    });
}

void Replication::catch_up() {
    if (subscribers_.empty()) return;
    const auto until = system_clock().steady() + std::chrono::nanoseconds{options_.catch_up_max};
    const auto tried = [this] { return peers_.all_tried(); };
    asio::co_spawn(worker_.context(),
                   wait_until(peers_, system_clock(), options_.catch_up_max, tried),
                   asio::use_future)
        .get();
    const auto level = [this] { return !peers_.has_trouble(peers::needs_snapshot); };
    asio::co_spawn(worker_.context(),
                   wait_until(peers_, system_clock(), options_.snapshot_max, level),
                   asio::use_future)
        .get();
    const auto left = std::max(until - system_clock().steady(), std::chrono::nanoseconds{0});
    asio::co_spawn(worker_.context(), progress_.wait_for(peers_.known_elsewhere(), left),
                   asio::use_future)
        .get();
}

void Replication::hand_over() {
    if (subscribers_.empty()) return;
    const auto ledger = progress_.ledger();
    const model::Dot last{ledger->self, ledger->seq()};
    const auto handed_over = [this, last] { return !peers_.any_lacks(last); };
    asio::co_spawn(worker_.context(),
                   wait_until(peers_, system_clock(), options_.hand_over_max, handed_over),
                   asio::use_future)
        .get();
}

void Replication::stop() {
    if (!std::exchange(running_, false)) return;
    const auto end = [](TaskGroup& tasks) -> asio::awaitable<void> {
        tasks.cancel();
        co_await tasks.join();
    };
    asio::co_spawn(worker_.context(), end(tasks_), asio::use_future).get();
    worker_.stop();
}

}  // namespace reef::replication
