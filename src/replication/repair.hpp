// Records of this store that cannot be read: something outside has damaged what is stored of them.
// Each is taken from the peers; where nobody has it, what is there can be taken out.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "commit/committer.hpp"
#include "commit/progress.hpp"
#include "peers/peers.hpp"
#include "peers/snapshot.hpp"
#include "replication/dead_letters.hpp"
#include "store/rows.hpp"

namespace reef::replication {

struct RepairParts {
    const model::Schema& schema;
    commit::Committer& committer;
    commit::Progress& progress;
    store::RowReader& rows;      // on `executor`
    store::RowScanner& scanner;  // the same
    const peers::PeerCallsByName& calls;
    peers::Peers& peers;
    Clock& clock;
    DeadLetters& letters;
    asio::any_io_executor executor;
};

struct Repaired {
    std::string from;        // the peers whose rows were joined; "": none
    std::string left;        // what lies there as JSON, where it was not taken from a peer
    bool taken_out = false;  // and no longer does
};

class Repairs {
public:
    explicit Repairs(RepairParts parts) : parts_(std::move(parts)) {}

    // From any thread; the caller resumes on its own executor. conflict: the record can be read.
    // not_found: there is none. Only peers that have all that this node had written by then are
    // asked.
    Task<Repaired> repair(model::RecordRef ref, bool take_out);

private:
    Task<Repaired> repair_here(model::RecordRef ref, bool take_out);
    Task<std::vector<std::string>> who_has_all();
    Task<std::string> take_from_peers(model::RecordRef ref);

    const RepairParts parts_;
};

}  // namespace reef::replication
