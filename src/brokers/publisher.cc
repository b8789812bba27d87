#include "brokers/publisher.hpp"

#include <algorithm>
#include <limits>

#include "base/log.hpp"
#include "brokers/backoff.hpp"
#include "model/abridged.hpp"

namespace reef::brokers {

using namespace model;
using namespace std::chrono_literals;

namespace {

constexpr const char* cursor = "published";
constexpr std::size_t signature_bytes = 128;  // a header with a signature, at the most

std::size_t header_bytes(const Message& message) {
    std::size_t bytes = 0;
    for (const auto& [name, value] : message.headers)
        bytes += name.size() + value.size();
    return bytes;
}

void warn_of_holes(const std::vector<store::LogEntry>& entries, Position sent) {
    for (const store::LogEntry& entry : entries) {
        std::uint64_t& last = sent[entry.dot.origin];
        if (entry.dot.seq != last + 1) {
            log::warn("The log was trimmed before the broker had it: peers fill the gap",
                      {{"first", last + 1}, {"last", entry.dot.seq - 1}});
        }
        last = entry.dot.seq;
    }
}

}  // namespace

Publisher::Publisher(PublisherParts parts, std::unique_ptr<Sink> sink, PublisherOptions options)
    : parts_(std::move(parts)), options_(options), sink_(std::move(sink)) {}

Publisher::~Publisher() = default;

// The cursor reads "us.k3f9:120 property-updates.0:345", or names a life that ended beside this
// one.
void Publisher::begin() {
    const auto ledger = parts_.progress.ledger();
    self_ = ledger->self;
    sent_ = {{self_, 0}};
    until_.clear();
    confirmed_ = 0;
    ends_.clear();
    const auto known = ledger->cursors.find(cursor);
    has_sent_ = known != ledger->cursors.end();
    if (!has_sent_) {  // the broker has never had anything
        for (const auto& [origin, mark] : ledger->origins)
            if (node_of(origin) == node_of(self_)) go_on_with(origin, 0, mark.received);
        return;
    }
    saved_ = known->second;
    const std::size_t space = saved_.find(' ');
    const auto at = parse_position(saved_.substr(0, space));
    const auto ends = parse_position(
        space == saved_.npos ? std::string_view{} : std::string_view{saved_}.substr(space + 1));
    if (!at) return;
    for (const auto& [origin, seq] : *at) {
        const auto mark = ledger->origins.find(origin);
        if (mark != ledger->origins.end()) go_on_with(origin, seq, mark->second.received);
    }
    confirmed_ = sent_[self_];
    if (ends) ends_ = *ends;
}

void Publisher::go_on_with(const OriginId& origin, std::uint64_t sent, std::uint64_t received) {
    if (origin != self_ && received <= sent) return;
    sent_[origin] = std::min(sent, received);
    if (origin != self_) until_[origin] = received;
}

asio::awaitable<void> Publisher::run() {
    Backoff backoff{options_.retry_min, options_.retry_max, options_.random_seed};
    for (bool began = false;;) {
        if (!leads_) {
            began = connected_ = false;
            Result<void> slept = co_await parts_.clock.sleep(options_.retry_min);
            if (!slept) co_return;  // stopping
            continue;
        }
        const bool same_life = parts_.progress.ledger()->self == self_;
        if (!std::exchange(began, true) || !same_life) begin();
        const std::uint64_t seen = parts_.progress.generation();
        auto sent = co_await publish_piece();
        if (!sent) {
            if (connected_.exchange(false) || trouble_.text() != sent.error().what) {
                log::warn("The broker takes no changes: they wait in the log",
                          {{"reason", sent.error().what}});
            }
            trouble_.set(sent.error().what);
            Result<void> slept = co_await parts_.clock.sleep(backoff.next());
            if (!slept) co_return;  // stopping
            continue;
        }
        if (*sent > 0 && !connected_.exchange(true)) {
            log::info("The broker takes changes", {{"published", confirmed_.load()}});
        }
        backoff.reset();
        if (*sent > 0) trouble_.set("");
        static_cast<void>(co_await save_if_due());
        if (*sent > 0) continue;
        static_cast<void>(co_await parts_.progress.watch().wait_beyond(seen, options_.save_after));
    }
}

// By life, the last change to be sent, where there is one. The log may already show a commit that
// this thread has not heard of. If it were sent now, the broker could bring it back before then,
// and a change of its own that a node does not know looks like a fork.
Position Publisher::wanted(const store::Ledger& ledger) const {
    Position last = until_;
    if (ledger.self == self_ && ledger.seq() > seq_in(sent_, self_)) last[self_] = ledger.seq();
    return last;
}

// Returns how many changes were sent; 0 if there is nothing new.
Task<std::size_t> Publisher::publish_piece() {
    Position after;
    const auto ledger = parts_.progress.ledger();  // which the next commit lets go of
    for (const auto& [origin, mark] : ledger->origins)
        after[origin] = std::numeric_limits<std::int64_t>::max();
    const Position last = wanted(*ledger);
    if (last.empty()) co_return std::size_t{0};
    for (const auto& [origin, seq] : last)
        after[origin] = seq_in(sent_, origin);
    auto entries = co_await parts_.reader.changes_after(std::move(after), options_.piece);
    if (!entries) co_return entries.error();
    const bool trimmed = entries->empty();
    std::erase_if(*entries, [&last](const store::LogEntry& entry) {
        return entry.dot.seq > seq_in(last, entry.dot.origin);
    });
    if (entries->empty()) {
        if (trimmed) until_.clear();
        co_return std::size_t{0};
    }
    warn_of_holes(*entries, sent_);
    std::vector<Message> messages;
    messages.reserve(entries->size());
    for (const store::LogEntry& entry : *entries) {
        for (Message& message : messages_of(entry))
            messages.push_back(std::move(message));
    }
    auto ends = co_await sink_->publish(std::move(messages));
    if (!ends) co_return ends.error();
    take_ends(*ends, *entries);
    co_return entries->size();
}

std::vector<Message> Publisher::messages_of(const store::LogEntry& entry) const {
    std::vector<Message> messages = shaped(entry);
    const std::size_t bytes_max = sink_->header_bytes_max();
    const bool too_long =
        std::any_of(messages.begin(), messages.end(), [bytes_max](const Message& message) {
            return header_bytes(message) + signature_bytes > bytes_max;
        });
    const std::string said = too_long ? abridged(entry.json) : entry.json;
    const std::string signature = parts_.signer.signs() ? parts_.signer.sign(said) : "";
    for (Message& message : messages) {
        for (auto& [name, value] : message.headers) {
            if (too_long && name == change_header) value = said;
        }
        if (!signature.empty()) message.headers.emplace_back(sign_header, signature);
    }
    return messages;
}

// A change that this node can no longer read, since its resource was taken out of the app, is sent
// in Atoll's own form.
std::vector<Message> Publisher::shaped(const store::LogEntry& entry) const {
    const auto change = parse_change(parts_.schema, entry.json);
    return change ? parts_.shape.messages(*change, entry.json)
                  : parts_.shape.plain_messages(entry.json);
}

// Offsets only grow, unless the topic was made anew: then everything is sent again.
void Publisher::take_ends(const Ends& ends, const std::vector<store::LogEntry>& sent) {
    const bool anew = std::any_of(ends.begin(), ends.end(), [this](const auto& end) {
        const auto known = ends_.find(end.first);
        return known != ends_.end() && end.second <= known->second;
    });
    if (anew) {
        log::warn("The topic was made anew: it gets all that the log holds");
        ends_.clear();
        sent_ = {{self_, 0}};
        until_.clear();
        confirmed_ = 0;
        return;
    }
    has_sent_ = true;
    for (const auto& [place, offset] : ends)
        ends_[place] = offset;
    for (const store::LogEntry& entry : sent)
        sent_[entry.dot.origin] = entry.dot.seq;
    std::erase_if(until_, [this](const auto& life) {
        const bool sent_all = seq_in(sent_, life.first) >= life.second;
        if (sent_all) sent_.erase(life.first);
        return sent_all;
    });
    confirmed_ = sent_[self_];
}

std::string Publisher::cursor_text() const {
    return to_text(sent_) + ' ' + to_text(ends_);
}

Task<void> Publisher::save_if_due() {
    const auto now = parts_.clock.steady();
    if (now - saved_at_ < options_.save_after) co_return Result<void>{};
    std::string text = cursor_text();
    if (!has_sent_ || text == saved_) co_return Result<void>{};
    commit::Rows rows;
    rows.under_lease = true;
    rows.cursors[cursor] = text;
    auto saved = co_await parts_.committer.load(std::move(rows));
    if (!saved) co_return saved.error();
    saved_ = std::move(text);
    saved_at_ = parts_.clock.steady();
    co_return Result<void>{};
}

}  // namespace reef::brokers
