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
      logs_(peers_, calls_, snapshot_,
            [this](const model::Dot& gap) {
                if (broker_reader_) broker_reader_->begin_anew(gap);
            }),
      tasks_(worker_.context().get_executor()) {
    const auto executor = worker_.context().get_executor();
    if (options_.broker) broker_ = options_.broker->make(executor);
    dead_letters_ = std::make_unique<DeadLetters>(DeadLetterParts{
        schema, committer, progress, *reader_, calls_, clock, executor, broker_.get()});
    inbox_ = std::make_unique<Inbox>(
        InboxParts{schema, committer, progress, *reader_, peers_, clock, logs_,
                   [this](const auto& parked) { dead_letters_->parked(parked); }});
    std::random_device random;
    for (const peers::PeerAddress& peer : options_.peers) {
        if (!options_.follows_peers) break;
        subscribers_.push_back(std::make_unique<Subscriber>(
            SubscriberParts{committer, progress, *inbox_, snapshot_, peers_, clock}, peer.node,
            peers::make_direct_source(peer, {}), random(), subscriber_options()));
    }
    if (broker_) join_broker(schema, committer, clock);
    const std::uint64_t start = std::uint64_t{random()} << 32 | random();
    writes_ = std::make_unique<WritePath>(
        WriteParts{schema, committer, progress, peers_, clock, executor, start},
        calls_of(options_.peers));
}

Replication::~Replication() {
    stop();
}

// With a broker the peers' feeds carry no changes.
SubscriberOptions Replication::subscriber_options() const {
    SubscriberOptions made;
    if (options_.broker) made.passed_over = names_of(options_.peers);
    return made;
}

void Replication::join_broker(const model::Schema& schema, commit::Committer& committer,
                              Clock& clock) {
    const BrokerOptions& options = *options_.broker;
    shape_.emplace(schema, options.shape);
    publisher_ = std::make_unique<brokers::Publisher>(
        brokers::PublisherParts{schema, committer, progress_, *reader_, clock, *shape_},
        broker_->open_sink(shape_->topics()));
    BrokerReaderOptions reading;
    reading.keeps_letters = options.keeps_letters;
    reading.foreign = options.foreign;
    broker_reader_ = std::make_unique<BrokerReader>(
        BrokerReaderParts{committer, progress_, *inbox_, peers_, clock, *broker_,
                          options.dead_topic, *shape_},
        reading);
    if (options.shape.body.empty()) return;
    joined_rows_ = std::make_unique<brokers::JoinedRows>(
        brokers::JoinedRowsParts{progress_, *reader_, peers_, clock, *shape_, *broker_});
}

void Replication::joined(std::vector<model::RecordRef> records) {
    if (!joined_rows_) return;
    asio::post(worker_.context(), [this, records = std::move(records)] {
        if (joined_rows_) joined_rows_->add(records);
    });
}

std::optional<brokers::BrokerReport> Replication::broker() const {
    if (!broker_) return std::nullopt;
    const BrokerCounts& counts = broker_reader_->counts();
    brokers::BrokerReport report;
    report.publishing = publisher_->connected();
    report.reading = counts.reading;
    if (publisher_->leads())
        report.unpublished = progress_.ledger()->seq() - publisher_->confirmed();
    report.arrived = counts.arrived;
    report.put_aside = counts.put_aside;
    report.foreign = counts.foreign;
    report.adopted = broker_reader_->adopted();
    return report;
}

void Replication::start() {
    for (const auto& subscriber : subscribers_)
        tasks_.start("subscriber", subscriber->run());
    tasks_.start("inbox", inbox_->run());
    tasks_.start("gaps", inbox_->fill_gaps());
    tasks_.start("dead letters", dead_letters_->retry());
    if (broker_) {
        tasks_.start("publisher", publisher_->run());
        tasks_.start("broker reader", broker_reader_->run());
        tasks_.start("acknowledge", broker_reader_->acknowledge());
        tasks_.start("foreign", broker_reader_->adopt());
        if (joined_rows_) tasks_.start("joined rows", joined_rows_->run());
    }
    running_ = true;
    worker_.start();
}

void Replication::lead(bool on) {
    asio::post(worker_.context(), [this, on] {
        inbox_->lead(on);
        if (publisher_) publisher_->lead(on);
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
    broker_reader_.reset();  // says how far it came
    publisher_.reset();
    joined_rows_.reset();
    dead_letters_.reset();
    broker_.reset();
}

}  // namespace reef::replication
