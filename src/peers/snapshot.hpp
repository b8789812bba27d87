// How a store comes level that is behind every peer's log. It asks a peer for its position, then
// for all its rows, live request ids and events, in pieces, and joins them. Then it takes the
// peer's position for its own, and follows the peer's feed from there. Its own writes stay, in its
// rows and in its log. On one executor.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <string>

#include "commit/committer.hpp"
#include "commit/progress.hpp"
#include "peers/calls.hpp"
#include "peers/peers.hpp"
#include "peers/snapshot_json.hpp"

namespace reef::peers {

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

    // If an earlier snapshot of the same store was not finished, before a restart or after it, this
    // one goes on there. conflict: a snapshot is being taken already, or one of another peer has to
    // be finished first. After any other error of the peer or the store: try again.
    Task<void> take(std::string peer);

    const std::atomic<std::uint64_t>& rows() const { return rows_; }  // taken, for metrics

private:
    std::optional<SnapshotPlace> unfinished_place() const;
    Task<SnapshotPlace> begin(const std::string& peer, PeerCalls& calls);
    Task<std::string> next_piece(const SnapshotPlace& place, PeerCalls& calls);
    Task<void> take_pieces(SnapshotPlace place, PeerCalls& calls);
    Result<void> check_resources(const SnapshotHead& head) const;
    std::string next_resource(const SnapshotHead& head, std::size_t first) const;
    Task<bool> take_rows(SnapshotPlace& place, PeerCalls& calls);
    Task<bool> take_requests(SnapshotPlace& place, PeerCalls& calls);
    Task<bool> take_events(SnapshotPlace& place, PeerCalls& calls);
    Task<bool> load_last(commit::Rows joined, SnapshotPlace& place);
    bool keeps_events() const;

    const SnapshotParts parts_;
    std::atomic<std::uint64_t> rows_{0};
    bool under_way_ = false;
    std::unique_ptr<AnswerLines> pieces_;  // of what is taken now
};

}  // namespace reef::peers
