#include "replication/broker_reader.hpp"

#include <algorithm>

#include "base/log.hpp"
#include "brokers/message_json.hpp"

namespace reef::replication {

using namespace model;
using namespace std::chrono_literals;
using brokers::Arrived;

namespace {

constexpr auto turn_wait = 5ms;

}  // namespace

BrokerReader::BrokerReader(BrokerReaderParts parts, BrokerReaderOptions options)
    : parts_(std::move(parts)), options_(std::move(options)) {
    if (!options_.foreign) return;
    const auto aside = [this](Arrived arrived, std::string reason) {
        return put_aside(std::move(arrived), std::move(reason));
    };
    foreign_.emplace(brokers::ForeignParts{parts_.shape, parts_.committer, parts_.progress,
                                           parts_.peers, parts_.clock, aside},
                     *options_.foreign);
}

BrokerReader::~BrokerReader() = default;

asio::awaitable<void> BrokerReader::run() {
    auto pause = options_.retry_min;
    bool logged = false;
    for (;;) {
        if (!parts_.inbox.leads()) {  // another process of the node reads them
            Result<void> slept = co_await parts_.clock.sleep(options_.retry_min);
            if (!slept) co_return;  // stopping
            continue;
        }
        const std::uint64_t before = counts_.arrived;
        Result<void> ended = co_await follow();
        feed_.reset();
        if (foreign_) foreign_->forget();
        counts_.reading = false;
        if (counts_.arrived > before) logged = false;
        if (ended.error().code != Errc::closed && !std::exchange(logged, true)) {
            log::warn("Reads no changes from the broker", {{"reason", ended.error().what}});
        }
        pause =
            counts_.arrived > before ? options_.retry_min : std::min(pause * 2, options_.retry_max);
        Result<void> slept = co_await parts_.clock.sleep(pause);
        if (!slept) co_return;  // stopping
    }
}

void BrokerReader::begin_anew(const Dot& gap) {
    if (gap == gap_) return;
    gap_ = gap;
    from_start_ = true;
    log::warn("Changes are missing: reads the topic from its start",
              {{"after", gap.origin + ':' + std::to_string(gap.seq)}});
    if (feed_) feed_->interrupt();
}

// Always returns an error.
Task<void> BrokerReader::follow() {
    epoch_ = parts_.inbox.epoch();
    const bool from_start = std::exchange(from_start_, false);
    auto feed = co_await parts_.broker.open_feed(from_start);
    if (!feed) {
        from_start_ = from_start_ || from_start;
        co_return feed.error();
    }
    feed_ = std::move(*feed);
    unacknowledged_.clear();
    acknowledged_ = 0;
    held_.clear();
    taken_.clear();
    counts_.reading = true;
    log::info("Reads changes from the broker");
    co_return co_await read();
}

Task<void> BrokerReader::read() {
    for (;;) {
        if (must_begin_again()) co_return Error{Errc::closed, "reading again"};
        auto arrived = co_await feed_->next();
        if (!arrived) co_return arrived.error();
        counts_.arrived += arrived->size();
        Result<void> taken = co_await take(std::move(*arrived));
        if (!taken) co_return taken.error();
    }
}

// What the inbox held was forgotten; or what a node that was cut off sent meanwhile was left.
bool BrokerReader::must_begin_again() const {
    if (from_start_ || parts_.inbox.epoch() != epoch_) return true;
    return std::any_of(held_.begin(), held_.end(),
                       [this](const auto& node) { return !parts_.peers.is_cut(node); });
}

bool BrokerReader::is_held(const OriginId& origin) {
    const std::string node{node_of(origin)};
    if (!parts_.peers.is_cut(node)) return false;
    held_.insert(node);
    return true;
}

Task<void> BrokerReader::take(std::vector<Arrived> arrived) {
    Inbox::Delivery delivery{arrived.front().place, epoch_, {}};
    Unacknowledged entry{arrived.back().mark, {}, 0};
    std::vector<Arrived> foreign;
    for (Arrived& one : arrived) {
        const std::string* json = one.message.header(brokers::change_header);
        if (!json && one.message.header(brokers::joined_header)) continue;  // for other programs
        if (!json) {
            foreign.push_back(std::move(one));
            continue;
        }
        const auto stamp = stamp_in(*json);
        if (!stamp) {
            std::string reason{"it is no change: it has no stamp"};
            Result<void> put = co_await put_aside(std::move(one), std::move(reason));
            if (!put) co_return put;
            continue;
        }
        if (is_held(stamp->dot.origin)) {
            std::uint64_t& covers = entry.covers[stamp->dot.origin];
            covers = std::max(covers, stamp->dot.seq);
            continue;
        }
        delivery.changes.push_back(*json);
    }
    auto taken = co_await parts_.inbox.take(std::move(delivery));
    if (!taken) co_return taken.error();
    if (taken->dropped > 0) {
        co_return Error{Errc::closed, "changes came too early, and are read again"};
    }
    for (const auto& [origin, seq] : taken->covers) {
        for (Position* position : {&entry.covers, &taken_}) {
            std::uint64_t& covers = (*position)[origin];
            covers = std::max(covers, seq);
        }
    }
    if (!foreign.empty()) {
        Result<void> read = co_await take_foreign(std::move(foreign), entry);
        if (!read) co_return read;
    }
    unacknowledged_.push_back(std::move(entry));
    acknowledge_durable();
    co_return Result<void>{};
}

Task<void> BrokerReader::take_foreign(std::vector<Arrived> arrived, Unacknowledged& entry) {
    std::vector<brokers::ForeignMessages::Read> read;
    for (Arrived& one : arrived) {
        ++counts_.foreign;
        if (!foreign_) {
            pass_over(one);
            continue;
        }
        auto write = foreign_->read(one);
        if (write) {
            read.push_back({std::move(*write), std::move(one)});
            continue;
        }
        std::string reason = write.error().what;
        Result<void> put = co_await put_aside(std::move(one), std::move(reason));
        if (!put) co_return put;
    }
    if (read.empty()) co_return Result<void>{};
    Position before = taken_;
    auto last = co_await foreign_->take(std::move(read), std::move(before));
    if (!last) co_return last.error();
    entry.foreign = *last;
    co_return Result<void>{};
}

asio::awaitable<void> BrokerReader::adopt() {
    if (foreign_) co_await foreign_->run();
}

asio::awaitable<void> BrokerReader::acknowledge() {
    for (;;) {
        const std::uint64_t seen = parts_.progress.generation();
        acknowledge_durable();
        if (feed_ && must_begin_again()) feed_->interrupt();
        static_cast<void>(co_await parts_.progress.watch().wait_beyond(seen, 1s));
    }
}

void BrokerReader::acknowledge_durable() {
    if (!feed_) return;
    const Position received = parts_.progress.ledger()->received();
    const std::uint64_t settled = foreign_ ? foreign_->settled() : 0;
    while (!unacknowledged_.empty() && covers(received, unacknowledged_.front().covers) &&
           unacknowledged_.front().foreign <= settled) {
        acknowledged_ = unacknowledged_.front().mark;
        unacknowledged_.pop_front();
    }
    feed_->acknowledge(acknowledged_);
}

void BrokerReader::pass_over(const Arrived& arrived) {
    if (counts_.foreign > 1) return;
    log::warn("A message of another program: passed over, as all such",
              {{"place", arrived.place}, {"offset", arrived.offset}});
}

// One at a time: what is no change comes from the reader, what can be no record from the adoption.
Task<void> BrokerReader::put_aside(Arrived arrived, std::string reason) {
    if (!options_.keeps_letters) co_return Result<void>{};
    while (putting_aside_) {
        Result<void> slept = co_await parts_.clock.sleep(turn_wait);
        if (!slept) co_return slept;
    }
    putting_aside_ = true;
    Result<void> put = co_await put_aside_now(std::move(arrived), std::move(reason));
    putting_aside_ = false;
    co_return put;
}

// Into the store first: whoever reads the topic of the dead finds it in the list as well.
Task<void> BrokerReader::put_aside_now(Arrived arrived, std::string reason) {
    log::warn("A message was put aside",
              {{"place", arrived.place}, {"offset", arrived.offset}, {"reason", reason}});
    commit::Rows rows;
    store::DeadLetter letter;
    letter.source = std::string{brokers::message_letter} + arrived.place;
    letter.seq = arrived.offset;
    letter.reason = reason;
    letter.body = brokers::message_json(arrived.message);
    rows.letters.push_back(std::move(letter));
    auto kept = co_await parts_.committer.load(std::move(rows));
    const bool full = !kept && kept.error().code == Errc::overloaded;  // then only the topic has it
    if (!kept && !full) co_return kept.error();
    if (!dead_) dead_ = parts_.broker.open_sink({parts_.dead_topic});
    std::vector<brokers::Message> messages;
    arrived.message.headers.emplace_back("atoll-reason", std::move(reason));
    arrived.message.headers.emplace_back("atoll-place",
                                         arrived.place + ':' + std::to_string(arrived.offset));
    arrived.message.topic = parts_.dead_topic;
    messages.push_back(std::move(arrived.message));
    auto sent = co_await dead_->publish(std::move(messages));
    if (!sent) co_return sent.error();
    ++counts_.put_aside;
    co_return Result<void>{};
}

}  // namespace reef::replication
