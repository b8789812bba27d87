// What can be committed, and what comes of it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "model/foreign.hpp"
#include "model/intent.hpp"
#include "store/store.hpp"

namespace reef::commit {

// Changes of one origin in seq order, as they came from a peer or a broker.
struct ChangeRun {
    struct Entry {
        model::Change change;  // of one that could not be read no more than its stamp
        std::string json;      // as it came: logged and passed on unaltered
        // Why it is parked and not applied; "" for nearly all.
        std::string refused = {};
        bool may_pass = false;                        // refused by what can change: worth a retry
        std::optional<model::RecordRef> record = {};  // of one that could not be read

        bool readable() const { return !change.row.vector.empty(); }
        std::optional<model::RecordRef> about() const {
            return readable() ? std::optional{change.row.ref()} : record;
        }
    };
    std::vector<Entry> entries;
};

// Rows without a change of their own: the seed, an adopted table, a snapshot of a peer. Joined.
// With the live request ids of the writes inside: a repeat is known here, and a twin is found.
struct Rows {
    std::vector<model::Row> rows;
    std::vector<std::pair<model::RequestId, model::RequestSeen>> requests;
    std::map<std::string, std::string> cursors;  // set in the same transaction; "": removed
    // Origins whose changes up to here are inside the rows now: no entry of them will come. One's
    // own is never raised.
    std::map<model::OriginId, store::OriginMark> raised = {};
    // Messages that nobody can make a change of. One that is known by its name is passed over.
    std::vector<store::DeadLetter> letters = {};
    bool under_lease = false;  // what a peer sends: for the process that holds the node's lease
    bool parks = false;        // a row that the database refuses becomes a dead letter …
    std::string refused = {};  // … for this reason: set by the committer, with that one row
};

// Dead letters on their way out: applied after all, or held by a row that was taken from a peer, or
// given up. `rejected` when the database still refuses.
struct Settlement {
    std::vector<ChangeRun::Entry> replayed;
    std::vector<model::Row> rows;
    std::vector<model::Dot> letters;  // by (source, seq); those that are none any more are passed
    std::string waived;               // "": every letter must be inside a row. Else: by whom, why
};

// Records that other programs have written: what was captured of them is taken in, as it is before
// any work on them; rows that were there before Atoll, or were inserted when nothing was captured,
// are counted from now on.
struct ExternalSqlWrites {
    std::vector<model::RecordRef> records;
};

// What other programs told a broker, in its order. Each is a write of this node's if this one
// adopts; else only what is to become of it is asked.
struct ForeignRun {
    std::vector<model::ForeignWrite> writes;
    bool adopts = false;
};

using Work =
    std::variant<model::Intent, ChangeRun, Rows, Settlement, ExternalSqlWrites, ForeignRun>;

struct Parked {
    model::Dot letter;
    bool may_pass = false;
};

struct Applied {
    // Of the run's origin, after this batch; for Rows: rows changed; of ExternalSqlWrites: writes.
    std::uint64_t received = 0;
    std::vector<Parked> parked;  // what of it became dead letters
};

struct ImportResult {
    enum class Kind : std::uint8_t { adopted, passed_over, waits, unfit };
    Kind kind = Kind::waits;  // waits: it would be adopted
    std::string why = {};     // unfit
};
using ImportResults = std::vector<ImportResult>;  // of a ForeignRun's writes, in its order
ImportResult fate_of(const model::ForeignDecision& decided, bool adopts);

using Done = std::variant<model::Outcome, Applied, ImportResults>;

}  // namespace reef::commit
