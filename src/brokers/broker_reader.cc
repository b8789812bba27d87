#include "brokers/broker_reader.hpp"

#include <algorithm>

#include "base/log.hpp"

namespace reef::brokers {

using namespace model;
using namespace std::chrono_literals;

namespace {

void raise(Position& position, const OriginId& origin, std::uint64_t seq) {
    std::uint64_t& at = position[origin];
    at = std::max(at, seq);
}

}  // namespace

std::string signs_cursor(std::string_view node) {
    return std::string{"signs."}.append(node);
}

BrokerReader::BrokerReader(BrokerReaderParts parts, BrokerReaderOptions options)
    : parts_(parts), options_(options) {}

BrokerReader::~BrokerReader() = default;

asio::awaitable<void> BrokerReader::run() {
    auto pause = options_.retry_min;
    bool logged = false;
    for (;;) {
        if (!parts_.intake.leads()) {  // another process of the node reads them
            Result<void> slept = co_await parts_.clock.sleep(options_.retry_min);
            if (!slept) co_return;  // stopping
            continue;
        }
        const std::uint64_t before = counts_.arrived;
        Result<void> ended = co_await follow();
        feed_.reset();
        if (parts_.foreign) parts_.foreign->forget();
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
    log::warn("Changes are missing: reads the topic from its start", {{"after", to_text(gap)}});
    if (feed_) feed_->interrupt();
}

bool BrokerReader::has_read_all() const {
    return feed_ && !from_start_ && !taking_ && feed_->has_read_all() &&
           covers(parts_.progress.ledger()->received(), taken_);
}

// Always returns an error.
Task<void> BrokerReader::follow() {
    epoch_ = parts_.intake.epoch();
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
        taking_ = true;
        Result<void> taken = co_await take(std::move(*arrived));
        taking_ = false;
        if (!taken) co_return taken.error();
    }
}

// True if the intake has forgotten what it held, or if a node whose changes were left at the broker
// is no longer cut off.
bool BrokerReader::must_begin_again() const {
    if (from_start_ || parts_.intake.epoch() != epoch_) return true;
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
    Unacknowledged entry{arrived.back().mark, {}, 0};
    Sorted sorted = sort(std::move(arrived), entry.covers);
    Result<void> done = co_await put_aside(std::move(sorted.unusable));
    if (done) done = co_await take_changes(std::move(sorted.changes), entry);
    if (done) done = co_await take_foreign(std::move(sorted.foreign), entry);
    if (!done) co_return done;
    unacknowledged_.push_back(std::move(entry));
    acknowledge_durable();
    co_return Result<void>{};
}

BrokerReader::Sorted BrokerReader::sort(std::vector<Arrived> arrived, Position& held_back) {
    Sorted sorted{{arrived.front().place, epoch_}, {}, {}};
    for (Arrived& one : arrived) {
        if (one.message.header(change_header)) {
            sort_change(std::move(one), sorted, held_back);
        } else if (!one.message.header(joined_header)) {  // that is for other programs
            sorted.foreign.push_back(std::move(one));
        }
    }
    return sorted;
}

// Nothing of a change is read before its signature is good. Changes of a node that is cut off are
// left at the broker. `held_back` names them, so that this piece is not acknowledged before the
// store has them in another way.
void BrokerReader::sort_change(Arrived arrived, Sorted& sorted, Position& held_back) {
    const std::string& json = *arrived.message.header(change_header);
    const std::string* signature = arrived.message.header(sign_header);
    const bool checks = parts_.signer.signs();
    if (checks && signature && !parts_.signer.is_good(*signature, json)) {
        return drop_unsigned(arrived);
    }
    const auto stamp = stamp_in(json);
    if (checks && !signature && (!stamp || must_be_signed(stamp->dot.origin))) {
        return drop_unsigned(arrived);
    }
    if (!stamp) {
        sorted.unusable.push_back(std::move(arrived));
    } else if (is_held(stamp->dot.origin)) {
        raise(held_back, stamp->dot.origin, stamp->dot.seq);
    } else {
        if (!checks || !signature) sorted.changes.unproven = true;
        sorted.changes.changes.push_back(json);
    }
}

bool BrokerReader::must_be_signed(const OriginId& origin) const {
    const auto ledger = parts_.progress.ledger();
    const std::string_view node = node_of(origin);
    return node == node_of(ledger->self) || ledger->cursors.contains(signs_cursor(node));
}

void BrokerReader::drop_unsigned(const Arrived& arrived) {
    if (++counts_.not_signed > 1) return;
    log::warn("A change without a good signature: it counts as not received, as all such",
              {{"place", arrived.place}, {"offset", arrived.offset}});
}

Task<void> BrokerReader::put_aside(std::vector<Arrived> unusable) {
    for (Arrived& one : unusable) {
        std::string reason{"it is no change: it has no stamp"};
        Result<void> put = co_await parts_.dead.put_aside(std::move(one), std::move(reason));
        if (!put) co_return put;
    }
    co_return Result<void>{};
}

Task<void> BrokerReader::take_changes(Delivery changes, Unacknowledged& entry) {
    auto taken = co_await parts_.intake.take(std::move(changes));
    if (!taken) co_return taken.error();
    if (taken->dropped > 0) {
        co_return Error{Errc::closed, "changes came too early, and are read again"};
    }
    for (const auto& [origin, seq] : taken->covers) {
        raise(entry.covers, origin, seq);
        raise(taken_, origin, seq);
    }
    co_return Result<void>{};
}

Task<void> BrokerReader::take_foreign(std::vector<Arrived> arrived, Unacknowledged& entry) {
    auto read = co_await read_foreign(std::move(arrived));
    if (!read) co_return read.error();
    if (read->empty()) co_return Result<void>{};
    Position before = taken_;
    auto last = co_await parts_.foreign->take(std::move(*read), std::move(before));
    if (!last) co_return last.error();
    entry.foreign = *last;
    co_return Result<void>{};
}

// Returns the messages that can be a record here, and puts the others aside.
Task<std::vector<ForeignMessages::Read>> BrokerReader::read_foreign(std::vector<Arrived> arrived) {
    std::vector<ForeignMessages::Read> read;
    for (Arrived& one : arrived) {
        ++counts_.foreign;
        if (!parts_.foreign) {
            pass_over(one);
            continue;
        }
        auto write = parts_.foreign->read(one);
        if (write) {
            read.push_back({std::move(*write), std::move(one)});
            continue;
        }
        std::string reason = write.error().what;
        Result<void> put = co_await parts_.dead.put_aside(std::move(one), std::move(reason));
        if (!put) co_return put.error();
    }
    co_return read;
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
    const std::uint64_t settled = parts_.foreign ? parts_.foreign->settled() : 0;
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

}  // namespace reef::brokers
