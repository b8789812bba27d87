// Rows without a change of their own: the seed, an adopted table, a snapshot of a peer. They are
// joined with what is here.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "commit/work/kind.hpp"

namespace reef::commit {

struct Rows {
    std::vector<model::Row> rows;
    // The live request ids of the writes inside: a repeat is known here, and a twin is found.
    std::vector<std::pair<model::RequestId, model::RequestSeen>> requests;
    std::map<std::string, std::string> cursors;  // set in the same transaction; "": removed
    // Origins whose changes up to here are inside the rows now: no entry of them will come. One's
    // own is never raised.
    std::map<model::OriginId, store::OriginMark> raised = {};
    // Lives that have ended. One that has gone on here is left as it is, and so is this node's own.
    std::map<model::OriginId, store::EndedLife> ended = {};
    std::vector<model::OriginId> retired = {};  // those that are complete here
    std::vector<model::Event> events = {};      // of writes inside
    // With `raised`: from when on whoever gave the rows has all events. Absent: it gave none, and
    // the list is whole from now on.
    std::optional<Time> events_from = {};
    // Messages that nobody can make a change of. One that is known by its name is passed over.
    std::vector<store::DeadLetter> letters = {};
    bool under_lease = false;  // what a peer sends: for the process that holds the node's lease
    bool repairs = false;      // a record that cannot be read here is replaced
    std::vector<model::RecordRef> erased = {};  // … or taken out, where nobody has it
    bool parks = false;        // a row that the database refuses becomes a dead letter …
    std::string refused = {};  // … for this reason: set by divide(), with that one row
    // None of them should be here: they go in as they are. Where that is refused, they are joined.
    std::shared_ptr<const store::RowCopies> copies = {};

    std::size_t rows_count() const;
    void add_to(store::LoadRequest& request, const model::Schema& schema) const;
    std::vector<model::RecordRef> lacking(const model::Facts& facts) const;
    std::vector<model::RecordRef> written() const;
    bool needs_lease() const;
    Result<Done> take(BatchState& state) const;
    Division<Rows> divide(const Error& error) &&;
};

}  // namespace reef::commit
