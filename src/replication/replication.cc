#include "replication/replication.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <random>

#include "peers/direct.hpp"

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

ReplicationOptions with_agreements(ReplicationOptions options, const ReplicationParts& parts) {
    for (peers::PeerAddress& peer : options.peers) {
        peer.agreement = std::make_shared<peers::SchemaAgreement>(parts.schema, parts.peers,
                                                                  peer.self, peer.node);
    }
    return options;
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

constexpr std::chrono::milliseconds look_again{20};

// Waits until `holds` does, looking again whenever there is something new of what is watched; false
// when the timeout has passed.
template <class Watched>
asio::awaitable<bool> wait_until(Watched& watched, Clock& clock, std::chrono::nanoseconds timeout,
                                 std::function<bool()> holds) {
    const auto until = clock.steady() + timeout;
    for (;;) {
        const std::uint64_t seen = watched.watch().generation();
        if (holds()) co_return true;
        const auto left = std::min<std::chrono::nanoseconds>(until - clock.steady(), look_again);
        if (left <= left.zero()) co_return false;
        static_cast<void>(co_await watched.watch().wait_beyond(seen, left));
    }
}

}  // namespace

Replication::Replication(const ReplicationParts& parts, ReplicationOptions options)
    : parts_(parts),
      options_(with_agreements(std::move(options), parts)),
      worker_("peers"),
      reader_(parts.store.open_reader(executor())),
      calls_(calls_of(options_.peers)),
      snapshot_({parts.schema, parts.committer, parts.progress, calls_, parts.peers}),
      life_watch_({parts.progress, *reader_, *reader_, parts.peers, parts.suspect}),
      inbox_({parts.schema, parts.committer, parts.progress, *reader_, parts.peers, life_watch_,
              parts.clock}),
      broker_(make_broker_link({parts.schema, parts.committer, parts.progress, *reader_, *reader_,
                                parts.peers, parts.clock, inbox_, executor()},
                               options_.broker)),
      dead_letters_({parts.schema, parts.committer, parts.progress, *reader_, calls_, parts.clock,
                     executor(), broker_.get()}),
      repairs_({parts.schema, parts.committer, parts.progress, *reader_, *reader_, calls_,
                parts.peers, parts.clock, dead_letters_, executor()}),
      logs_(parts.peers, calls_, snapshot_, when_nobody_has_it(broker_.get())),
      retirement_({parts.committer, parts.progress, parts.peers, inbox_, parts.clock, executor()}),
      write_calls_(calls_of(options_.peers)),
      claims_({parts.schema, parts.committer, parts.progress, parts.peers, parts.clock, executor(),
               parts.node, parts.run, parts.members},
              write_calls_, {.grant = options_.writes.carried}),
      writes_({parts.schema, parts.committer, parts.progress, parts.peers, parts.clock, executor(),
               random_number(), claims_},
              write_calls_, options_.writes),
      tasks_(executor()) {
    if (options_.follows_peers) make_subscribers();
}

Replication::~Replication() {
    stop();
}

void Replication::make_subscribers() {
    SubscriberOptions following;
    // With a broker the peers' feeds carry no changes.
    if (broker_) following.passed_over = names_of(options_.peers);
    for (const peers::PeerAddress& peer : options_.peers) {
        subscribers_.push_back(std::make_unique<Subscriber>(
            SubscriberParts{parts_.committer, parts_.progress, inbox_, snapshot_, parts_.peers,
                            life_watch_, parts_.clock},
            peer.node, peers::make_direct_source(peer, {}), random_number(), following));
        beats_.push_back(peers::make_direct_source(peer, {}));
        pulses_.push_back(std::make_unique<Pulse>(
            PulseParts{parts_.peers, parts_.clock, peer.node, *beats_.back(),
                       *write_calls_.at(peer.node), random_number()}));
    }
}

void Replication::show_joined(std::vector<model::RecordRef> records) {
    if (broker_) broker_->show_joined(std::move(records));
}

void Replication::put_aside_row(model::RecordRef record, std::string why) {
    if (broker_) broker_->put_aside_row(std::move(record), std::move(why));
}

std::optional<brokers::BrokerReport> Replication::broker() const {
    return broker_ ? std::optional{broker_->report()} : std::nullopt;
}

void Replication::start() {
    for (const auto& subscriber : subscribers_)
        tasks_.start("subscriber", subscriber->run());
    tasks_.start("tick", tick(parts_.peers, parts_.clock));
    for (const auto& pulse : pulses_) {
        for (int i = 0; i < Pulse::connections; ++i)
            tasks_.start("pulse", pulse->listen());
        tasks_.start("warm connections", pulse->keep_warm());
    }
    const auto parked = [this](const auto& some) { dead_letters_.parked(some); };
    tasks_.start("inbox", inbox_.run(parked));
    tasks_.start("gaps", inbox_.fill_gaps(logs_));
    tasks_.start("dead letters", dead_letters_.retry());
    tasks_.start("retirement", retirement_.run());
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

void Replication::block_until(std::function<bool()> holds, std::chrono::nanoseconds timeout) {
    asio::co_spawn(worker_.context(),
                   wait_until(parts_.peers, parts_.clock, timeout, std::move(holds)),
                   asio::use_future)
        .get();
}

asio::awaitable<void> Replication::catch_up(std::function<bool()> enough) {
    if (subscribers_.empty()) co_return;
    const auto until = parts_.clock.steady() + std::chrono::nanoseconds{options_.catch_up_max};
    const auto tried = [this, enough] { return parts_.peers.all_tried() || enough(); };
    co_await wait_until(parts_.peers, parts_.clock, options_.catch_up_max, tried);
    const auto level = [this, enough] {
        return !parts_.peers.has_trouble(peers::needs_snapshot) || enough();
    };
    co_await wait_until(parts_.peers, parts_.clock, options_.snapshot_max, level);
    const model::Position elsewhere = parts_.peers.known_elsewhere();
    const auto applied = [this, elsewhere, enough] {
        return model::covers(parts_.progress.ledger()->applied(), elsewhere) || enough();
    };
    const auto left = std::max(until - parts_.clock.steady(), std::chrono::nanoseconds{0});
    // The node starts whether it has caught up or not.
    co_await wait_until(parts_.progress, parts_.clock, left, applied);
}

asio::awaitable<void> Replication::catch_up_with_all(std::function<bool()> enough) {
    if (broker_) broker_->begin_anew({parts_.progress.ledger()->self, 0});
    const auto level = [this] {
        const auto ledger = parts_.progress.ledger();
        return (subscribers_.empty() || parts_.peers.unheard().empty()) &&
               !parts_.peers.has_trouble(peers::needs_snapshot) &&
               // A dead letter is here as well, and may stay one.
               model::covers(ledger->received(), parts_.peers.known_elsewhere()) &&
               (!broker_ || broker_->has_read_all());
    };
    while (!level() && !enough()) {
        Result<void> slept = co_await parts_.clock.sleep(look_again);
        if (!slept) co_return;  // stopping
    }
}

void Replication::hand_over() {
    if (subscribers_.empty()) return;
    const auto ledger = parts_.progress.ledger();
    const model::Dot last{ledger->self, ledger->seq()};
    const auto handed_over = [this, last] { return !parts_.peers.any_lacks(last); };
    block_until(handed_over, options_.hand_over_max);
}

void Replication::stop() {
    if (!std::exchange(running_, false)) return;
    asio::co_spawn(worker_.context(), tasks_.end(), asio::use_future).get();
    worker_.stop();
}

}  // namespace reef::replication
