#include "brokers/joined_rows.hpp"

#include <algorithm>

namespace reef::brokers {

using namespace model;
using namespace std::chrono_literals;

JoinedRows::JoinedRows(JoinedRowsParts parts, JoinedRowsOptions options)
    : parts_(parts), options_(options), added_(parts_.clock) {}

JoinedRows::~JoinedRows() = default;

void JoinedRows::add(const std::vector<RecordRef>& joined) {
    for (const RecordRef& ref : joined) {
        if (waiting_.size() < options_.waiting_max) waiting_.insert(ref);
    }
    added_.notify();
}

asio::awaitable<void> JoinedRows::run() {
    for (;;) {
        const std::uint64_t seen = added_.generation();
        if (waiting_.empty()) {
            Result<void> woken = co_await added_.wait_beyond(seen, 1h);
            if (!woken && woken.error().code != Errc::timeout) co_return;  // stopping
            continue;
        }
        Result<void> shown = co_await show_piece();
        if (shown) continue;
        Result<void> slept = co_await parts_.clock.sleep(options_.retry);
        if (!slept) co_return;
    }
}

// Shows each row as it is by now. A write since the join has a message of its own, which says the
// same.
Task<void> JoinedRows::show_piece() {
    std::vector<RecordRef> piece;
    for (auto ref = waiting_.begin(); ref != waiting_.end() && piece.size() < options_.piece; ++ref)
        piece.push_back(*ref);
    std::vector<Message> messages;
    for (const RecordRef& ref : piece) {
        auto row = co_await parts_.reader.get(ref);
        if (!row && row.error().code == Errc::invalid) continue;  // it cannot be read
        if (!row) co_return row.error();
        if (!*row || !is_mine((*row)->vector)) continue;
        messages.push_back(parts_.shape.row_message(**row, parts_.progress.ledger()->self));
    }
    for (const RecordRef& ref : piece)
        waiting_.erase(ref);
    if (messages.empty()) co_return Result<void>{};
    if (!sink_) sink_ = parts_.broker.open_sink(parts_.shape.topics());
    auto sent = co_await sink_->publish(std::move(messages));
    if (sent) co_return Result<void>{};
    waiting_.insert(piece.begin(), piece.end());
    co_return sent.error();
}

// Whether this is the lowest living node by name among those whose writes are inside. If two nodes
// take each other for dead, both show the row, which does no harm.
bool JoinedRows::is_mine(const Vector& vector) const {
    const std::string self{node_of(parts_.progress.ledger()->self)};
    bool own = false;
    for (const VectorEntry& entry : vector.entries()) {
        const std::string_view node = node_of(entry.origin);
        if (node == self) own = true;
        if (entry.origin == base_origin || node >= self) continue;
        if (parts_.peers.reachable(node)) return false;
    }
    return own;
}

}  // namespace reef::brokers
