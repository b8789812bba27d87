#include "replication/subscriber.hpp"

#include <algorithm>

#include "base/log.hpp"

namespace reef::replication {

using namespace model;

namespace {

constexpr std::uint64_t seq_max = std::uint64_t{1} << 53;

bool is_member(std::string_view origin, const store::Ledger& ledger, const Peers& peers) {
    if (origin == base_origin) return true;
    const std::string_view node = node_of(origin);
    return node == node_of(ledger.self) || peers.knows(node);
}

Error refused(const Change& change, std::string what) {
    const Dot& dot = change.stamp.dot;
    return {Errc::invalid,
            "the change " + dot.origin + ':' + std::to_string(dot.seq) + ' ' + std::move(what)};
}

}  // namespace

Result<void> check_change(const Change& change, const store::Ledger& ledger, const Peers& peers,
                          Time now, std::chrono::seconds clock_ahead_max) {
    const Dot& dot = change.stamp.dot;
    if (dot.origin == base_origin || !is_member(dot.origin, ledger, peers)) {
        return refused(change, "comes from a node that this app does not have");
    }
    if (dot.origin == ledger.self && dot.seq > ledger.seq()) {
        return refused(change, "is this node's own, and it does not know it: was it restored?");
    }
    for (const VectorEntry& entry : change.row.vector.entries()) {
        const bool bounded =
            entry.seq >= 1 && entry.seq < seq_max && entry.count >= 1 && entry.count <= entry.seq;
        if (!bounded || !is_member(entry.origin, ledger, peers)) {
            return refused(change, "has a vector that can't be: " + to_text(change.row.vector));
        }
    }
    const std::int64_t ahead_max = std::chrono::microseconds{clock_ahead_max}.count();
    if (latest_stamp(change.row).time.us > now.us + ahead_max) {
        return Error{Errc::unavailable, refused(change, "is stamped far ahead of this clock").what};
    }
    return {};
}

Subscriber::Subscriber(SubscriberParts parts, std::string peer,
                       std::unique_ptr<transport::Source> source, std::uint64_t random_seed,
                       SubscriberOptions options)
    : parts_(std::move(parts)),
      peer_(std::move(peer)),
      options_(options),
      source_(std::move(source)),
      random_(random_seed),
      pause_(options.retry_min) {}

Subscriber::~Subscriber() = default;

asio::awaitable<void> Subscriber::run() {
    for (;;) {
        Result<void> ended = co_await follow();
        parts_.peers.lost(peer_, ended.error().what);
        if (!std::exchange(trouble_logged_, true)) {
            log::warn("Lost a peer", {{"peer", peer_}, {"reason", ended.error().what}});
        }
        const auto pause = next_pause();
        Result<void> slept = co_await parts_.clock.sleep(pause);
        if (!slept) co_return;  // stopping
    }
}

// Doubles with each failure, and is spread so that peers do not knock in step.
std::chrono::nanoseconds Subscriber::next_pause() {
    const auto pause = std::chrono::nanoseconds{pause_};
    pause_ = std::min(pause_ * 2, options_.retry_max);
    std::uniform_real_distribution<double> spread{0.5, 1.0};
    return std::chrono::duration_cast<std::chrono::nanoseconds>(pause * spread(random_));
}

std::vector<std::string> Subscriber::others_connected() const {
    std::vector<std::string> others = parts_.peers.connected();
    std::erase(others, peer_);
    return others;
}

// Opens the feed and takes what comes, until something ends it. Always returns an error.
Task<void> Subscriber::follow() {
    if (parts_.peers.is_cut(peer_)) co_return Error{Errc::unavailable, "cut off"};
    const std::vector<std::string> without = others_connected();
    auto feed = co_await source_->open(parts_.progress.ledger()->received(), without);
    if (!feed) co_return feed.error();
    for (;;) {
        auto arrivals = co_await (*feed)->next();
        if (!arrivals) co_return arrivals.error();
        if (parts_.peers.is_cut(peer_)) co_return Error{Errc::unavailable, "cut off"};
        Result<void> taken = co_await take(std::move(*arrivals));
        if (!taken) co_return taken;
        if (std::exchange(trouble_logged_, false)) log::info("Follows a peer", {{"peer", peer_}});
        pause_ = options_.retry_min;
        // One that was to bring its own changes is gone: this peer is asked for them as well.
        const std::vector<std::string> now = others_connected();
        const bool complete = std::includes(now.begin(), now.end(), without.begin(), without.end());
        if (!complete) co_return Error{Errc::closed, "asking again for the changes of others"};
    }
}

Result<Change> Subscriber::read(const std::string& json) const {
    auto change = parse_change(parts_.schema, json);
    if (!change) return change;
    auto good = check_change(*change, *parts_.progress.ledger(), parts_.peers, parts_.clock.now(),
                             options_.clock_ahead_max);
    if (!good) return good.error();
    return change;
}

// Changes of one origin that follow each other are applied together.
Task<void> Subscriber::take(std::vector<transport::Arrival> arrivals) {
    commit::ChangeRun run;
    for (transport::Arrival& arrival : arrivals) {
        if (auto* heartbeat = std::get_if<transport::Heartbeat>(&arrival)) {
            parts_.peers.heard(peer_, *heartbeat, parts_.progress.ledger()->applied());
            continue;
        }
        std::string& json = std::get<std::string>(arrival);
        auto change = read(json);
        if (!change) co_return change.error();
        const bool follows = run.entries.empty() ||
                             run.entries.back().change.stamp.dot.origin == change->stamp.dot.origin;
        if (!follows || run.entries.size() >= options_.run_changes_max) {
            Result<void> applied = co_await apply(std::exchange(run, {}));
            if (!applied) co_return applied;
        }
        run.entries.push_back({std::move(*change), std::move(json)});
    }
    if (run.entries.empty()) co_return Result<void>{};
    co_return co_await apply(std::move(run));
}

Task<void> Subscriber::apply(commit::ChangeRun run) {
    auto applied = co_await parts_.committer.apply(std::move(run));
    if (!applied) co_return applied.error();
    co_return Result<void>{};
}

}  // namespace reef::replication
