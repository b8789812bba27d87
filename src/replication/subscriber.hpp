// Follows one peer's feed for as long as the node lives: what it says of itself goes to Peers, its
// changes, checked and in order, to the committer.
#pragma once

#include <chrono>
#include <memory>
#include <random>
#include <string>

#include "commit/committer.hpp"
#include "commit/progress.hpp"
#include "replication/peers.hpp"
#include "transport/source.hpp"

namespace reef::replication {

struct SubscriberOptions {
    std::size_t run_changes_max = 512;        // applied in one transaction
    std::chrono::milliseconds retry_min{50};  // between tries to reach the peer, with jitter
    std::chrono::milliseconds retry_max{1000};
    std::chrono::seconds clock_ahead_max{60};  // a change stamped further ahead is held
};

struct SubscriberParts {
    const model::Schema& schema;
    commit::Committer& committer;
    commit::Progress& progress;
    Peers& peers;
    Clock& clock;
    std::string node;  // this node's name
};

class Subscriber {
public:
    Subscriber(SubscriberParts parts, std::string peer, std::unique_ptr<transport::Source> source,
               std::uint64_t random_seed, SubscriberOptions options = {});
    ~Subscriber();

    // Runs until it is cancelled.
    asio::awaitable<void> run();

private:
    Task<void> follow();
    Task<void> take(std::vector<transport::Arrival> arrivals);
    Task<void> apply(commit::ChangeRun run);
    Result<model::Change> read(const std::string& json) const;
    std::vector<std::string> others_connected() const;
    std::chrono::nanoseconds next_pause();

    const SubscriberParts parts_;
    const std::string peer_;
    const SubscriberOptions options_;
    const std::unique_ptr<transport::Source> source_;
    std::mt19937_64 random_;
    std::chrono::milliseconds pause_;
    bool trouble_logged_ = false;
};

// What a peer says is untrusted input: the origin must be a member, numbers within their bounds,
// the stamp not far ahead of our clock. invalid: refused. unavailable: held, try again later.
Result<void> check_change(const model::Change& change, const store::Ledger& ledger,
                          const Peers& peers, Time now, std::chrono::seconds clock_ahead_max);

}  // namespace reef::replication
