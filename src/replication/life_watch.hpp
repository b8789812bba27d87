// Compares what peers hold of each other's logs and of this node's with what is here. A store that
// came back from yesterday, a copy that runs beside the original, a forged change: each shows as a
// number that a peer holds and this store never gave, or as a number with two contents.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "commit/progress.hpp"
#include "peers/peers.hpp"
#include "store/log.hpp"

namespace reef::replication {

struct LifeWatchParts {
    commit::Progress& progress;
    store::LogReader& log;  // on the executor of the caller, both
    store::LedgerReader& ledgers;
    peers::Peers& peers;
    // Told why numbers of this store's life cannot be trusted to be its own. May be told again
    // until the store has begun a new life.
    std::function<void(std::string)> suspect;
};

class LifeWatch {
public:
    explicit LifeWatch(LifeWatchParts parts) : parts_(std::move(parts)) {}

    // Compares what a heartbeat says: the running hashes of logs, at the same numbers.
    asio::awaitable<void> compare(std::string peer, peers::Heartbeat heartbeat);
    // A change of this node's own life came from elsewhere, under a number that is not known here.
    asio::awaitable<void> saw_own(model::Dot dot, std::string source);

private:
    Task<std::optional<Hash128>> hash_at(model::Dot dot) const;
    void report_fork(const std::string& peer, const model::Dot& dot);

    const LifeWatchParts parts_;
    // By peer and origin: the number at which the two were last found equal, or not.
    std::map<std::pair<std::string, model::OriginId>, std::uint64_t> compared_, forked_;
};

}  // namespace reef::replication
