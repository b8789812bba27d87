// How a store that is behind every log comes level: a peer's position first, then all its rows and
// live request ids in pieces, joined; then that position is this store's, and the stream goes on.
// Its own writes stay, in its rows and in its log. On one executor.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <string>

#include "commit/committer.hpp"
#include "commit/progress.hpp"
#include "peers/direct.hpp"
#include "peers/peers.hpp"
#include "peers/snapshot_json.hpp"

namespace reef::peers {

using PeerCallsByName = std::map<std::string, std::unique_ptr<PeerCalls>>;

struct SnapshotParts {
    const model::Schema& schema;
    commit::Committer& committer;
    commit::Progress& progress;
    const PeerCallsByName& calls;
    const Peers& peers;
};

class Snapshot {
public:
    explicit Snapshot(SnapshotParts parts) : parts_(std::move(parts)) {}

    // Goes on where an earlier one from the same store was left, be it before a restart. conflict:
    // one is being taken already, or another peer's goes on first. Else what the peer or the store
    // answered: try again.
    Task<void> take(std::string peer);

    const std::atomic<std::uint64_t>& rows() const { return rows_; }  // taken, for metrics

private:
    std::optional<SnapshotPlace> unfinished_place() const;
    Task<SnapshotPlace> begin(const std::string& peer, PeerCalls& calls);
    Task<void> take_pieces(SnapshotPlace place, PeerCalls& calls);
    Task<bool> take_rows(SnapshotPlace& place, PeerCalls& calls);
    Task<bool> take_requests(SnapshotPlace& place, PeerCalls& calls);

    const SnapshotParts parts_;
    std::atomic<std::uint64_t> rows_{0};
    bool under_way_ = false;
};

}  // namespace reef::peers
