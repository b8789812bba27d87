// The one way into a store: batches, one after the other.
#pragma once

#include <optional>

#include "store/batch.hpp"

namespace reef::store {

using namespace model;

// What trim() removes. Request ids go in the order in which they were saved here; log entries by
// their time, but each origin's in the order of its log. The first one that has not expired ends
// it: what was saved after that stays, however old it says to be.
struct TrimLimits {
    Time requests_before;             // ids older than this go …
    std::uint64_t requests_max = 0;   // … and the oldest beyond this many
    Time log_before;                  // entries older than this go …
    std::uint64_t log_bytes_max = 0;  // … and the oldest beyond this many bytes
    // The oldest events go, from before this time or beyond this many bytes; absent: all stay.
    struct Events {
        Time before;
        std::uint64_t bytes_max = 0;
    };
    std::optional<Events> events = {};
    std::uint32_t piece_rows_max = 1000;
};

// Only the committer holds it; it lives on the committer's executor.
class Writer {
public:
    virtual ~Writer() = default;
    // Takes the store's lock, which all processes of the node share, and loads. unavailable:
    // nothing happened; try later. rejected: nothing happened; what another program wrote of one of
    // these records cannot be read: bisect.
    virtual Task<LoadResult> begin(LoadRequest wanted) = 0;
    // Saves and commits, forgets what was captured of the loaded records, and returns once all of
    // it is durable. rejected: the database refused a row and nothing was saved: bisect. locked:
    // another program has locked a row, or has changed it since it was loaded, and nothing was
    // saved: begin again, LoadResult::locked names the rows then. unavailable: nothing was saved.
    // outcome_unknown: the database went away during the commit and did not come back to be asked.
    // broken: durable storage failed; the process must end.
    virtual Task<void> commit(WriteSet saved) = 0;
    // Whether a batch may be decided on top of the one before while commit() or commit_ahead()
    // still saves that one. False for SQLite, whose commit blocks the thread, and for a while after
    // another process or program has written between two batches.
    virtual bool loads_ahead() const { return false; }
    // Loads for such a batch; may be called several times. What it sees may be from before or from
    // after that commit. unavailable, rejected: as begin(). locked: a record has changed since the
    // last call.
    virtual Task<LoadResult> load_ahead(LoadRequest) {
        co_return Error{Errc::unavailable, "not ahead"};
    }
    // Called right after that commit has succeeded: begin() and commit() in one, for a batch that
    // was decided with what load_ahead() found. locked: another process or program has written in
    // between and nothing was saved: begin anew. Other errors as commit().
    virtual Task<void> commit_ahead(WriteSet) { co_return Error{Errc::locked, "not ahead"}; }
    // Ends a batch that changed nothing. Cannot fail: if the connection is lost, the database ends
    // it.
    virtual asio::awaitable<void> release() = 0;
    // Removes what has expired, at most piece_rows_max rows of each table. True: there is more.
    virtual Task<bool> trim(TrimLimits limits) = 0;
    // Called when no work waits: makes a checkpoint, if one is due.
    virtual Task<void> on_idle() = 0;
};

}  // namespace reef::store
