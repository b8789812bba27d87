// The one way into a store: batches, one after the other.
#pragma once

#include "store/batch.hpp"

namespace reef::store {

using namespace model;

// "Oldest" is what was saved first: ids by their order here, entries by their time among the
// oldest of each origin. What is younger keeps what was saved after it.
struct TrimLimits {
    Time requests_before;             // ids older than this go …
    std::uint64_t requests_max = 0;   // … and the oldest beyond this many
    Time log_before;                  // entries older than this go …
    std::uint64_t log_bytes_max = 0;  // … and the oldest beyond this many bytes
    std::uint32_t piece_rows_max = 1000;
};

// The one way in. Only the committer holds it; it lives on the committer's executor.
class Writer {
public:
    virtual ~Writer() = default;
    // Takes the store's batch lock (all processes of the node share it) and loads.
    // unavailable: nothing happened, try later. rejected: nothing happened, one of these records
    // cannot be read, since another program damaged it: bisect.
    virtual Task<LoadResult> begin(LoadRequest wanted) = 0;
    // Saves, commits, with what was captured of the loaded records forgotten; returns once it is
    // durable. rejected: the database refused a row, nothing was saved, bisect. locked: so it is,
    // since another program has locked a row, or has changed it since it was loaded: begin again,
    // and LoadResult::locked says which. unavailable: nothing was saved. outcome_unknown: the
    // database went away during the commit and has not come back to be asked. broken: durable
    // storage failed, the process must end.
    virtual Task<void> commit(WriteSet saved) = 0;
    // Whether a batch may be decided on top of the one before, while commit() or commit_ahead() is
    // under way with that: SQLite blocks meanwhile, and another process may be in between too
    // often.
    virtual bool loads_ahead() const { return false; }
    // Loads for such a batch, as things stand before or after that commit; may be called several
    // times. unavailable, rejected: as begin(). locked: something has changed since the last time.
    virtual Task<LoadResult> load_ahead(LoadRequest) {
        co_return Error{Errc::unavailable, "not ahead"};
    }
    // Right after that commit has succeeded: begin() and commit() in one, of what was decided with
    // what load_ahead() found. locked: another process or program has written meanwhile; nothing
    // was saved: begin anew. Else as commit().
    virtual Task<void> commit_ahead(WriteSet) { co_return Error{Errc::locked, "not ahead"}; }
    // Ends a batch that changed nothing. Cannot fail: a lost connection ends it as well.
    virtual asio::awaitable<void> release() = 0;
    // Removes one small piece of what has expired; true when there is more.
    virtual Task<bool> trim(TrimLimits limits) = 0;
    // Called when nobody waits: a checkpoint, if one is due.
    virtual Task<void> on_idle() = 0;
};

}  // namespace reef::store
