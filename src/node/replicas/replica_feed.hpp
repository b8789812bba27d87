// Brings a replica what its primary has, in this process: follows the primary's log from the
// replica's position; fills the replica with the primary's rows where the log does not reach back;
// and compares the sums of both whenever both are at the same position. On one executor.
//
// Rows can change without an entry of the log: a dead letter is replayed, a peer's snapshot is
// taken. Then the sums differ, and stay so: the rows of the buckets that differ are taken.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "commit/committer.hpp"
#include "commit/progress.hpp"
#include "node/replicas/replica_state.hpp"
#include "peers/snapshot_json.hpp"
#include "store/reader.hpp"

namespace reef::node {

struct ReplicaFeedParts {
    const model::Schema& schema;
    const commit::Progress& primary;
    store::Reader& reader;  // of the primary, on the feed's executor
    commit::Committer& committer;
    const commit::Progress& progress;
    ReplicaState& state;
    Clock& clock;
    std::string of;  // "products/primary": what the replica is one of
};

class ReplicaFeed {
public:
    explicit ReplicaFeed(ReplicaFeedParts parts) : parts_(std::move(parts)) {}

    // True: the replica has all that the primary had when this was called. False: the primary's
    // store cannot be read just now. invalid: the replica has rows that are not its primary's.
    // Other errors: of the replica's database. Try again.
    Task<bool> catch_up();

private:
    // What comes of one step.
    enum class Step : std::uint8_t {
        done,
        gap,   // the log does not reach back to the replica's position
        away,  // the primary's store cannot be read
    };
    using Bucket = std::pair<model::ResourceId, std::size_t>;
    struct Difference {  // of the sums of a bucket
        Hash128 by;
        std::chrono::nanoseconds since{};
        bool looked_into = false;
    };

    Result<bool> needs_filling() const;
    Task<void> check_not_ahead(std::shared_ptr<const store::Ledger> goal);
    Task<Step> follow_log(std::shared_ptr<const store::Ledger> goal);
    Task<Step> fill(std::shared_ptr<const store::Ledger> goal);
    Task<store::RowPiece> read_piece(peers::SnapshotPlace place);
    commit::Rows rows_of(store::RowPiece piece, peers::SnapshotPlace& place) const;
    Task<Step> look_into(std::vector<Bucket> buckets);
    Task<Step> try_refused();
    std::vector<Bucket> lasting_differences(const store::Ledger& goal);
    model::Position position() const;

    const ReplicaFeedParts parts_;
    std::map<Bucket, Difference> differences_;
};

}  // namespace reef::node
