#include "peers/change_feed.hpp"

#include <algorithm>
#include <functional>
#include <limits>
#include <utility>

#include "model/abridged.hpp"
#include "model/sizes.hpp"
#include "peers/feed_lines.hpp"

namespace reef::peers {

using namespace std::chrono_literals;
using namespace model;

namespace {

constexpr std::chrono::nanoseconds heartbeat_interval = 100ms;
// To a peer that hears our beats, and so knows that we are there.
constexpr std::chrono::nanoseconds idle_interval = 500ms;
// A read blocks the io thread: pieces are small enough that others hardly notice.
constexpr store::ScanLimits feed_piece{256, 256 << 10};
// Lives of two nodes that have not been retired: nearly always two. Where there are more, those
// that go on come first.
constexpr std::size_t hashes_max = 16;

class ChangeFeed final : public http::StreamBody {
public:
    ChangeFeed(FeedParts parts, Position after, std::vector<std::string> without)
        : parts_(std::move(parts)), position_(std::move(after)), without_(std::move(without)) {}

    asio::awaitable<void> write_to(http::Stream& stream) override {
        for (;;) {
            const std::uint64_t seen = parts_.progress.generation();
            if (parts_.stopping) hand_over();
            if (parts_.peers.hears_other_run(parts_.asker, parts_.asking)) co_return;
            const auto ledger = parts_.progress.ledger();
            auto entries = co_await parts_.reader.changes_after(wanted_after(), feed_piece);
            if (!entries) co_return;  // the peer asks again
            if (has_hole(*ledger, *entries)) co_return;
            const std::string lines = lines_of(*entries);
            const bool taken = co_await stream.write(lines);
            if (!taken) co_return;
            if (!entries->empty()) continue;
            // A wake-up is only a hint. If nothing was committed for one interval, the peer gets a
            // heartbeat, which says so.
            const bool beats = parts_.peers.beats(parts_.asker);
            const auto interval = beats ? idle_interval : heartbeat_interval;
            static_cast<void>(co_await parts_.progress.watch().wait_beyond(seen, interval));
        }
    }

private:
    // From now on the feed carries our own changes too, from what the peer was last heard to have.
    void hand_over() {
        if (std::erase(without_, parts_.node) == 0) return;
        for (const auto& [origin, seq] : parts_.peers.received_by(parts_.asker)) {
            if (node_of(origin) != parts_.node) continue;
            std::uint64_t& known = position_[origin];
            known = std::max(known, seq);
        }
    }

    // The peer's position. Origins that it does not want from us stand at the end.
    Position wanted_after() const {
        Position after = position_;
        const auto ledger = parts_.progress.ledger();  // which the next commit lets go of
        for (const auto& [origin, mark] : ledger->origins) {
            if (is_among(without_, origin))
                after[origin] = std::numeric_limits<std::int64_t>::max();
        }
        return after;
    }

    // `ledger` was read before the entries: each change that it names was in the log then, or was
    // trimmed.
    bool has_hole(const store::Ledger& ledger, const std::vector<store::LogEntry>& entries) const {
        Position next = position_;
        for (const store::LogEntry& entry : entries) {
            if (entry.dot.seq != ++next[entry.dot.origin]) return true;
        }
        if (!entries.empty()) return false;
        return std::any_of(ledger.origins.begin(), ledger.origins.end(), [&](const auto& origin) {
            return !is_among(without_, origin.first) &&
                   origin.second.received > seq_in(position_, origin.first);
        });
    }

    std::string lines_of(const std::vector<store::LogEntry>& entries) {
        std::string lines;
        for (const store::LogEntry& entry : entries) {
            const bool too_long = entry.json.size() > line_bytes_max;
            append_line(lines, too_long ? abridged(entry.json) : entry.json);
            position_[entry.dot.origin] = entry.dot.seq;
        }
        const auto ledger = parts_.progress.ledger();
        const bool first = !std::exchange(spoke_, true);
        Heartbeat heartbeat =
            said_of(*ledger, parts_.peers, first ? std::string_view{parts_.asker} : "");
        heartbeat.node = parts_.node;
        heartbeat.time = parts_.clock.now();
        heartbeat.signs = parts_.signs;
        const auto now = parts_.clock.steady();
        if (now - proved_ >= heartbeat_interval) {
            proved_ = now;
            prove(heartbeat, *ledger);
        }
        append_line(lines, heartbeat);
        return lines;
    }

    // Whose store this is, and that it is the one which it was: the peer compares.
    void prove(Heartbeat& heartbeat, const store::Ledger& ledger) const {
        heartbeat.runs = ledger.runs().names;
        heartbeat.life = ledger.self;
        prove(heartbeat, ledger, [&](const OriginId& origin) { return origin == ledger.self; });
        prove(heartbeat, ledger, [&](const OriginId& origin) { return !ledger.ended(origin); });
        prove(heartbeat, ledger, [](const OriginId&) { return true; });
    }

    // Of the lives of both nodes those that are chosen, as long as there is room.
    void prove(Heartbeat& heartbeat, const store::Ledger& ledger,
               const std::function<bool(const OriginId&)>& chosen) const {
        for (const auto& [origin, mark] : ledger.origins) {
            if (heartbeat.hashes.size() == hashes_max) break;
            const std::string_view node = node_of(origin);
            if (node != parts_.node && node != parts_.asker) continue;
            if (mark.hash != Hash128{} && chosen(origin))
                heartbeat.hashes.emplace(origin, mark.hash);
        }
    }

    const FeedParts parts_;
    Position position_;
    std::vector<std::string> without_;
    bool spoke_ = false;
    std::chrono::nanoseconds proved_{};  // when the last heartbeat did
};

}  // namespace

Heartbeat said_of(const store::Ledger& ledger, const Peers& peers, std::string_view asker) {
    Heartbeat said;
    said.received = ledger.without_retired(ledger.received());
    said.applied = ledger.without_retired(ledger.applied());
    said.before = ledger.before();
    said.seeded = ledger.seeded();
    auto& ends = said.ended.emplace();
    for (const auto& [origin, ended] : ledger.ended()) {
        const bool stated =
            !ledger.is_retired(origin) || peers.anyone_states(origin) || node_of(origin) == asker;
        if (stated && ledger.is_complete(origin, ended)) ends.emplace(origin, ended);
    }
    return said;
}

bool is_among(const std::vector<std::string>& without, std::string_view origin) {
    return std::any_of(without.begin(), without.end(), [origin](const std::string& name) {
        return name == origin || name == node_of(origin);
    });
}

std::unique_ptr<http::StreamBody> make_change_feed(FeedParts parts, Position after,
                                                   std::vector<std::string> without) {
    return std::make_unique<ChangeFeed>(std::move(parts), std::move(after), std::move(without));
}

}  // namespace reef::peers
