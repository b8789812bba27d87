#include "replication/peer_logs.hpp"

#include "peers/log_piece.hpp"

namespace reef::replication {

namespace {

constexpr std::chrono::milliseconds log_piece_timeout{3000};
constexpr std::uint32_t ahead_max = 1 << 20;      // changes
constexpr std::size_t piece_bytes_max = 1 << 20;  // then a piece of them is handed on

}  // namespace

// Empty: there is no more on its way.
Task<std::vector<std::string>> PeerLogs::next_ahead(std::uint32_t count) {
    std::vector<std::string> changes;
    if (!ahead_->lines) {
        auto opened = co_await peers::log_lines_of_peer(*calls_.at(ahead_->peer), ahead_->after,
                                                        ahead_max, log_piece_timeout);
        if (!opened) co_return opened.error();
        ahead_->lines = std::move(*opened);
    }
    for (std::size_t bytes = 0; changes.size() < count && bytes < piece_bytes_max;) {
        auto line = co_await ahead_->lines->next();
        if (!line && changes.empty()) co_return line.error();
        if (!line || !*line) break;
        bytes += (*line)->size();
        changes.push_back(std::move(**line));
    }
    ahead_->after.seq += changes.size();
    co_return changes;
}

void PeerLogs::finish() {
    ahead_.reset();
}

Task<std::vector<std::string>> PeerLogs::changes_after(model::Dot after, std::uint32_t count) {
    if (ahead_ && ahead_->after == after) {
        auto changes = co_await next_ahead(count);
        if (changes && !changes->empty()) co_return changes;
    }
    ahead_.reset();
    std::string lost_it;
    const auto names = peers_.who_has({after.origin, after.seq + 1});
    for (const std::string& name : names) {
        const auto calls = calls_.find(name);
        if (calls == calls_.end()) continue;
        auto piece =
            co_await peers::log_piece_of_peer(*calls->second, after, count, log_piece_timeout);
        if (piece && !piece->empty())
            ahead_.emplace(name, model::Dot{after.origin, after.seq + piece->size()});
        if (piece) co_return piece;
        if (piece.error().code == Errc::not_found) lost_it = name;
    }
    if (lost_it.empty()) {
        if (nobody_ && peers_.connected().empty()) nobody_(after);
        co_return Error{Errc::unavailable,
                        "nobody who has the changes of " + after.origin + " can be reached"};
    }
    peers_.alert(lost_it, peers::needs_snapshot, true);
    Result<void> taken = co_await snapshot_.take(lost_it);
    if (!taken) co_return taken.error();
    peers_.alert(lost_it, peers::needs_snapshot, false);
    co_return std::vector<std::string>{};
}

}  // namespace reef::replication
