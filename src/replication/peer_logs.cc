#include "replication/peer_logs.hpp"

#include "peers/log_piece.hpp"

namespace reef::replication {

namespace {

constexpr std::chrono::milliseconds log_piece_timeout{3000};

}  // namespace

Task<std::vector<std::string>> PeerLogs::changes_after(model::Dot after, std::uint32_t count) {
    std::string lost_it;
    const auto names = peers_.who_has({after.origin, after.seq + 1});
    for (const std::string& name : names) {
        const auto calls = calls_.find(name);
        if (calls == calls_.end()) continue;
        auto piece =
            co_await peers::log_piece_of_peer(*calls->second, after, count, log_piece_timeout);
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
