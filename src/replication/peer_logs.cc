#include "replication/peer_logs.hpp"

namespace reef::replication {

namespace {

constexpr std::chrono::milliseconds log_piece_timeout{3000};
constexpr int gone = 410;

std::vector<std::string> lines_of(std::string_view text) {
    std::vector<std::string> lines;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        if (end > 0) lines.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return lines;
}

}  // namespace

Task<std::vector<std::string>> PeerLogs::changes_after(model::Dot after, std::uint32_t count) {
    const std::string target = "/_atoll/changes?after=" + after.origin + ':' +
                               std::to_string(after.seq) + "&origin=" + after.origin +
                               "&limit=" + std::to_string(count);
    std::string lost_it;
    const auto names = peers_.who_has({after.origin, after.seq + 1});
    for (const std::string& name : names) {
        const auto calls = calls_.find(name);
        if (calls == calls_.end()) continue;
        auto answer = co_await calls->second->get(target, log_piece_timeout);
        if (answer && answer->status == 200) co_return lines_of(answer->body);
        if (answer && answer->status == gone) lost_it = name;
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
