#include "replication/subscriber.hpp"

#include <algorithm>

#include "base/log.hpp"
#include "brokers/broker_reader.hpp"

namespace reef::replication {

namespace {

constexpr const char* other_beginning =
    "This node and a peer exchange no rows: one began with the app's seed, the other one with a "
    "database that was there before. Start the former anew, without the seed";

}  // namespace

Subscriber::Subscriber(SubscriberParts parts, std::string peer,
                       std::unique_ptr<peers::Source> source, std::uint64_t random_seed,
                       SubscriberOptions options)
    : parts_(std::move(parts)),
      peer_(std::move(peer)),
      options_(std::move(options)),
      source_(std::move(source)),
      random_(random_seed),
      pause_(options.retry_min) {}

Subscriber::~Subscriber() = default;

asio::awaitable<void> Subscriber::run() {
    for (;;) {
        led_ = parts_.inbox.leads();
        Result<void> ended = co_await follow();
        if (parts_.inbox.leads() != led_) continue;  // as what it is now: the peer is not lost
        parts_.peers.on_disconnect(peer_, ended.error().what);
        // `closed`: this end has closed it, to ask anew.
        const bool lost = ended.error().code != Errc::closed;
        if (lost && !std::exchange(trouble_logged_, true)) {
            log::warn("Lost a peer", {{"peer", peer_}, {"reason", ended.error().what}});
        }
        const auto pause = next_pause();
        Result<void> slept = co_await parts_.clock.sleep(pause);
        if (!slept) co_return;  // stopping
    }
}

// The pause doubles with each failure, and is random, so that peers do not try in step.
std::chrono::nanoseconds Subscriber::next_pause() {
    const auto pause = std::chrono::nanoseconds{pause_};
    pause_ = std::min(pause_ * 2, options_.retry_max);
    std::uniform_real_distribution<double> spread{0.5, 1.0};
    return std::chrono::duration_cast<std::chrono::nanoseconds>(pause * spread(random_));
}

// Nodes whose changes this peer need not bring.
std::vector<std::string> Subscriber::unwanted() const {
    if (!options_.passed_over.empty()) return options_.passed_over;
    std::vector<std::string> others = parts_.peers.connected();
    std::erase(others, peer_);
    return others;
}

// Opens the feed and takes what comes, until something ends it. Always returns an error.
Task<void> Subscriber::follow() {
    if (parts_.peers.is_cut(peer_)) co_return Error{Errc::unavailable, "cut off"};
    const std::vector<std::string> without = unwanted();
    const std::uint64_t epoch = parts_.inbox.epoch();
    const model::OriginId self = parts_.progress.ledger()->self;
    std::vector<std::string> left_out = without;
    left_out.push_back(self);
    auto feed = co_await open(std::move(left_out));
    const bool refused = !feed && feed.error().code == Errc::conflict;
    if (feed || refused) parts_.peers.alert(peer_, peers::other_run, refused);
    if (!feed) co_return feed.error();
    heard_ = false;
    early_.clear();
    for (;;) {
        auto arrivals = co_await (*feed)->next();
        if (!arrivals) co_return arrivals.error();
        if (parts_.inbox.leads() != led_) co_return Error{Errc::closed, "the lease has moved"};
        if (parts_.peers.is_cut(peer_)) co_return Error{Errc::unavailable, "cut off"};
        Result<void> taken = co_await take(std::move(*arrivals), epoch);
        if (!taken) co_return taken;
        if (std::exchange(trouble_logged_, false)) log::info("Follows a peer", {{"peer", peer_}});
        pause_ = options_.retry_min;
        // A node that was to bring its own changes is gone: this peer is asked for them as well.
        const std::vector<std::string> now = unwanted();
        const bool complete = std::includes(now.begin(), now.end(), without.begin(), without.end());
        if (parts_.progress.ledger()->self != self)
            co_return Error{Errc::closed,
                            "asking again for what an earlier life of this store told"};
        if (!complete) co_return Error{Errc::closed, "asking again for the changes of others"};
    }
}

// If the peer's log no longer reaches back, what other peers can bring is waited for. If the gap
// stays, a snapshot of the peer is taken.
Task<std::unique_ptr<peers::Feed>> Subscriber::open(std::vector<std::string> without) {
    model::Position here = parts_.progress.ledger()->received();
    auto feed = co_await source_->open(std::move(here), without);
    const auto reaches_back = [](const auto& opened) {
        return opened || opened.error().code != Errc::not_found;
    };
    if (!reaches_back(feed)) {
        parts_.peers.alert(peer_, peers::needs_snapshot, true);
        parts_.peers.on_disconnect(peer_,
                                   feed.error().what);  // its own changes must come through others
        model::Position others = parts_.peers.reachable_received(peer_);
        if (!others.empty()) {
            static_cast<void>(
                co_await parts_.progress.wait_for(std::move(others), options_.others_first));
            here = parts_.progress.ledger()->received();
            feed = co_await source_->open(std::move(here), without);
        }
    }
    if (!reaches_back(feed) && !parts_.inbox.leads()) co_return feed.error();
    if (!reaches_back(feed)) {
        Result<void> taken = co_await parts_.snapshot.take(peer_);
        if (!taken) co_return taken.error();
        here = parts_.progress.ledger()->received();
        feed = co_await source_->open(std::move(here), without);
    }
    // Whether the log of a peer that is away reaches back is not known, and a starting node does
    // not wait for it.
    if (reaches_back(feed)) parts_.peers.alert(peer_, peers::needs_snapshot, false);
    co_return feed;
}

// Rows of a table that was there before Atoll are in no log: they are taken from the peer once. If
// one store began with such rows and the other one with the app's seed, the two are no copies of
// each other.
Task<void> Subscriber::share_before(std::string before, bool seeded) {
    const auto ledger = parts_.progress.ledger();
    const bool mixed =
        ledger->seeded() != seeded && !(ledger->seeded() ? before : ledger->before()).empty();
    parts_.peers.alert(peer_, peers::other_rows, mixed);
    const bool told = std::exchange(mixed_, mixed);
    if (mixed) {
        if (!told) log::error(other_beginning, {{"peer", peer_}, {"seeded", seeded}});
        co_return Error{Errc::invalid, "it began with other rows"};
    }
    const std::string mark = "before." + peer_;
    const auto shared = ledger->cursors.find(mark);
    const bool known = shared != ledger->cursors.end() && shared->second == before;
    if (before.empty() || known || !parts_.inbox.leads()) co_return Result<void>{};
    parts_.peers.alert(peer_, peers::needs_snapshot, true);
    Result<void> taken = co_await parts_.snapshot.take(peer_);
    if (!taken) co_return taken;
    commit::Rows done;
    done.under_lease = true;
    done.cursors[mark] = std::move(before);
    // A third node may take these rows from this one.
    if (ledger->before().empty()) done.cursors.emplace(store::taken_over_cursor, "1");
    auto saved = co_await parts_.committer.load(std::move(done));
    if (!saved) co_return saved.error();
    parts_.peers.alert(peer_, peers::needs_snapshot, false);
    co_return Result<void>{};
}

// Kept in the store: after a restart the broker may be heard before the peer.
Task<void> Subscriber::note_signing(bool signs) {
    const std::string mark = brokers::signs_cursor(peer_);
    const bool known = parts_.progress.ledger()->cursors.contains(mark);
    if (known == signs || !parts_.inbox.leads()) co_return Result<void>{};
    commit::Rows done;
    done.under_lease = true;
    done.cursors[mark] = signs ? "1" : "";
    auto saved = co_await parts_.committer.load(std::move(done));
    if (!saved) co_return saved.error();
    co_return Result<void>{};
}

// Heartbeats are taken where they stand among the changes; changes between two of them go to the
// inbox together.
Task<void> Subscriber::take(std::vector<peers::Arrival> arrivals, std::uint64_t epoch) {
    Inbox::Delivery delivery{peer_, epoch, std::exchange(early_, {})};
    std::optional<peers::Heartbeat> latest;
    for (peers::Arrival& arrival : arrivals) {
        if (auto* heartbeat = std::get_if<peers::Heartbeat>(&arrival)) {
            latest = std::move(*heartbeat);
        } else {
            delivery.changes.push_back(std::move(std::get<std::string>(arrival)));
        }
    }
    if (!latest && !heard_) {  // it has not said yet what it began with
        early_ = std::move(delivery.changes);
        co_return Result<void>{};
    }
    heard_ = true;
    if (latest) {
        Result<void> shared = co_await share_before(latest->before, latest->seeded);
        if (!shared) co_return shared.error();
        Result<void> noted = co_await note_signing(latest->signs);
        if (!noted) co_return noted;
        parts_.peers.on_heartbeat(peer_, *latest, parts_.progress.ledger()->applied());
        co_await parts_.life_watch.compare(peer_, *latest);
    }
    if (!parts_.inbox.leads()) co_return Result<void>{};  // another process applies them
    auto taken = co_await parts_.inbox.take(std::move(delivery));
    if (!taken) co_return taken.error();
    co_return Result<void>{};
}

}  // namespace reef::replication
