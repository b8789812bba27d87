// Follows one peer's feed for as long as the node lives. Heartbeats go to Peers; changes go to the
// inbox, if this process applies them. It takes a snapshot of the peer if the peer's log no longer
// reaches back and no other peer can help; and once if the peer has rows that are in no log, since
// they were there before Atoll.
#pragma once

#include <chrono>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "commit/committer.hpp"
#include "commit/progress.hpp"
#include "peers/peers.hpp"
#include "peers/snapshot.hpp"
#include "peers/source.hpp"
#include "replication/inbox.hpp"
#include "replication/life_watch.hpp"

namespace reef::replication {

struct SubscriberOptions {
    std::chrono::milliseconds retry_min{50};  // between tries to reach the peer, with jitter
    std::chrono::milliseconds retry_max{1000};
    std::chrono::milliseconds others_first{2000};  // before a snapshot is taken
    // Nodes whose changes come in another way, the peer among them: then its feed is followed for
    // what it says of itself. Empty: each peer's own changes come from itself.
    std::vector<std::string> passed_over = {};
};

struct SubscriberParts {
    commit::Committer& committer;
    commit::Progress& progress;
    Inbox& inbox;
    peers::Snapshot& snapshot;
    peers::Peers& peers;
    LifeWatch& life_watch;
    Clock& clock;
};

class Subscriber {
public:
    Subscriber(SubscriberParts parts, std::string peer, std::unique_ptr<peers::Source> source,
               std::uint64_t random_seed, SubscriberOptions options = {});
    ~Subscriber();

    // Runs until it is cancelled.
    asio::awaitable<void> run();

private:
    Task<void> follow();
    Task<std::unique_ptr<peers::Feed>> open(std::vector<std::string> without);
    Task<void> take(std::vector<peers::Arrival> arrivals, std::uint64_t epoch);
    Task<void> share_before(std::string before, bool seeded);
    Task<void> note_signing(bool signs);
    std::vector<std::string> unwanted() const;
    std::chrono::nanoseconds next_pause();

    const SubscriberParts parts_;
    const std::string peer_;
    const SubscriberOptions options_;
    const std::unique_ptr<peers::Source> source_;
    std::mt19937_64 random_;
    std::chrono::milliseconds pause_;
    bool trouble_logged_ = false;
    bool heard_ = false;              // on this feed; before that …
    std::vector<std::string> early_;  // … its changes are held
    bool mixed_ = false;              // the peer began with other rows
    bool led_ = true;                 // when the feed was opened
};

}  // namespace reef::replication
