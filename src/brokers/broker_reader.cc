#include "brokers/broker_reader.hpp"

#include <algorithm>

#include "base/log.hpp"
#include "brokers/backoff.hpp"
#include "model/abridged.hpp"

namespace reef::brokers {

using namespace model;
using namespace std::chrono_literals;

namespace {

constexpr std::chrono::milliseconds idle_look{1000};
constexpr std::chrono::milliseconds others_look{20};

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
    Backoff backoff{options_.retry_min, options_.retry_max, options_.random_seed};
    std::string logged;
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
        if (parts_.calls) parts_.calls->forget();
        counts_.reading = false;
        if (counts_.arrived > before) {
            backoff.reset();
            logged.clear();
        }
        if (ended.error().code != Errc::closed) {
            const std::string& why = ended.error().what;
            if (logged != why) log::warn("Reads no changes from the broker", {{"reason", why}});
            trouble_.set(logged = why);
        }
        Result<void> slept = co_await parts_.clock.sleep(backoff.next());
        if (!slept) co_return;  // stopping
    }
}

void BrokerReader::begin_anew(const Dot& gap) {
    if (gap == gap_ || !parts_.broker.keeps_messages()) return;
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
    waiting_.clear();
    importing_.clear();
    done_.clear();
    gave_up_ = false;
    held_.clear();
    taken_.clear();
    counts_.reading = true;
    trouble_.set("");
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
    Sorted sorted = sort(std::move(arrived));
    for (Arrived& one : sorted.unusable) {
        std::string reason = "it is no change: it has no stamp";
        Result<void> put = co_await put_aside(std::move(one), std::move(reason));
        if (!put) co_return put;
    }
    Result<void> taken = co_await take_changes(std::move(sorted.changes), std::move(sorted.said));
    if (!taken) co_return taken;
    if (parts_.calls) {
        take_calls(std::move(sorted.foreign));
    } else {
        taken = co_await take_foreign(std::move(sorted.foreign));
    }
    if (taken) acknowledge_durable();
    co_return taken;
}

BrokerReader::Sorted BrokerReader::sort(std::vector<Arrived> arrived) {
    Sorted sorted{{arrived.front().place, epoch_}, {}, {}, {}};
    for (Arrived& one : arrived) {
        if (one.message.header(change_header)) {
            sort_change(std::move(one), sorted);
        } else if (one.message.header(joined_header)) {  // that is for other programs
            done_.push_back(one.mark);
        } else {
            sorted.foreign.push_back(std::move(one));
        }
    }
    return sorted;
}

// Nothing of a change is read before its signature is good. Changes of a node that is cut off are
// left at the broker: their messages wait until the store has them in another way.
void BrokerReader::sort_change(Arrived arrived, Sorted& sorted) {
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
        wait_for({stamp->dot, arrived.mark});
    } else {
        if (!checks || !signature) sorted.changes.unproven = true;
        auto& taken = bytes_before(json) ? sorted.changes.names : sorted.changes.changes;
        taken.push_back(json);
        sorted.said.push_back({stamp->dot, arrived.mark});
    }
}

bool BrokerReader::must_be_signed(const OriginId& origin) const {
    const auto ledger = parts_.progress.ledger();
    const std::string_view node = node_of(origin);
    return node == node_of(ledger->self) || ledger->cursors.contains(signs_cursor(node));
}

void BrokerReader::drop_unsigned(const Arrived& arrived) {
    done_.push_back(arrived.mark);
    if (++counts_.not_signed > 1) return;
    log::warn("A change without a good signature: it counts as not received, as all such",
              {{"place", arrived.place}, {"offset", arrived.offset}});
}

Task<void> BrokerReader::put_aside(Arrived unusable, std::string reason) {
    const std::uint64_t mark = unusable.mark;
    Result<void> put = co_await parts_.dead.put_aside(std::move(unusable), std::move(reason));
    if (put) done_.push_back(mark);
    co_return put;
}

// What the intake did not take was refused, or there was no room for it: then it is read again, or,
// where it can't be, peers are asked.
Task<void> BrokerReader::take_changes(Delivery changes, std::vector<Said> said) {
    auto taken = co_await parts_.intake.take(std::move(changes));
    if (!taken) co_return taken.error();
    if (taken->dropped > 0 && parts_.broker.keeps_messages()) {
        co_return Error{Errc::closed, "changes came too early, and are read again"};
    }
    for (const auto& [origin, seq] : taken->covers)
        raise(taken_, origin, seq);
    for (const Said& one : said) {
        if (one.change.seq <= seq_in(taken->covers, one.change.origin)) {
            wait_for(one);
        } else {
            done_.push_back(one.mark);
        }
    }
    co_return Result<void>{};
}

Task<void> BrokerReader::take_foreign(std::vector<Arrived> arrived) {
    auto read = co_await read_foreign(std::move(arrived));
    if (!read) co_return read.error();
    if (read->empty()) co_return Result<void>{};
    std::vector<std::uint64_t> marks;
    for (const ForeignMessages::Read& one : *read)
        marks.push_back(one.arrived.mark);
    Position before = taken_;
    auto last = co_await parts_.foreign->take(std::move(*read), std::move(before));
    if (!last) co_return last.error();
    await_settled(*last, marks);
    co_return Result<void>{};
}

void BrokerReader::take_calls(std::vector<Arrived> arrived) {
    if (arrived.empty()) return;
    std::vector<std::uint64_t> marks;
    for (const Arrived& one : arrived)
        marks.push_back(one.mark);
    counts_.foreign += marks.size();
    await_settled(parts_.calls->take(std::move(arrived)), marks);
}

// Of the messages with these marks the last has this number.
void BrokerReader::await_settled(std::uint64_t last, const std::vector<std::uint64_t>& marks) {
    for (std::size_t i = 0; i < marks.size(); ++i)
        importing_.push_back({last - marks.size() + 1 + i, marks[i]});
}

std::uint64_t BrokerReader::settled() const {
    if (parts_.calls) return parts_.calls->settled();
    return parts_.foreign ? parts_.foreign->settled() : 0;
}

// Returns the messages that can be a record here, and puts the others aside.
Task<std::vector<ForeignMessages::Read>> BrokerReader::read_foreign(std::vector<Arrived> arrived) {
    std::vector<ForeignMessages::Read> read;
    for (Arrived& one : arrived) {
        ++counts_.foreign;
        if (!parts_.foreign && parts_.broker.keeps_messages()) {
            pass_over(one);
            continue;
        }
        std::string reason = "it is no change, and this app reads no messages of other programs";
        if (parts_.foreign) {
            auto write = parts_.foreign->read(one);
            if (write) {
                read.push_back({std::move(*write), std::move(one)});
                continue;
            }
            reason = write.error().what;
        }
        Result<void> put = co_await put_aside(std::move(one), std::move(reason));
        if (!put) co_return put.error();
    }
    co_return read;
}

asio::awaitable<void> BrokerReader::acknowledge() {
    for (;;) {
        const std::uint64_t seen = parts_.progress.generation();
        acknowledge_durable();
        if (feed_ && must_begin_again()) feed_->interrupt();
        // Nobody tells when others have more than they had.
        const std::chrono::milliseconds look =
            options_.had_by_all && !waiting_.empty() ? others_look : idle_look;
        static_cast<void>(co_await parts_.progress.watch().wait_beyond(seen, look));
    }
}

Position BrokerReader::had() const {
    return options_.had_by_all ? options_.had_by_all() : parts_.progress.ledger()->received();
}

void BrokerReader::wait_for(const Said& said) {
    waiting_[said.change.origin].emplace(said.change.seq,
                                         Waiting{said.mark, parts_.clock.steady()});
}

void BrokerReader::acknowledge_durable() {
    if (!feed_) return;
    const Position received = had();
    for (auto& [origin, by_seq] : waiting_) {
        const auto end = by_seq.upper_bound(seq_in(received, origin));
        for (auto one = by_seq.begin(); one != end; ++one)
            done_.push_back(one->second.mark);
        by_seq.erase(by_seq.begin(), end);
    }
    std::erase_if(waiting_, [](const auto& origin) { return origin.second.empty(); });
    const std::uint64_t last = settled();
    for (; !importing_.empty() && importing_.front().number <= last; importing_.pop_front())
        done_.push_back(importing_.front().mark);
    if (done_.empty() && feed_->is_full()) give_up_waiting();
    feed_->acknowledge(std::exchange(done_, {}));
}

// Changes that wait for so long are not those that are about to be applied.
void BrokerReader::give_up_waiting() {
    const auto latest = parts_.clock.steady() - std::chrono::nanoseconds{options_.waits_max};
    for (auto& [origin, by_seq] : waiting_) {
        std::erase_if(by_seq, [&](const auto& one) {
            const bool waits_too_long = one.second.since <= latest;
            if (waits_too_long) done_.push_back(one.second.mark);
            return waits_too_long;
        });
    }
    if (done_.empty() || std::exchange(gave_up_, true)) return;
    log::warn(
        "Messages wait for changes that do not come, and keep others waiting: they are taken "
        "off the queue, and peers are asked for what they say",
        {{"messages", done_.size()}});
}

void BrokerReader::pass_over(const Arrived& arrived) {
    done_.push_back(arrived.mark);
    if (counts_.foreign > 1) return;
    log::warn("A message of another program: passed over, as all such",
              {{"place", arrived.place}, {"offset", arrived.offset}});
}

}  // namespace reef::brokers
