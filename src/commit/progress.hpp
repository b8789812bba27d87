// How far this node's store has come: told by the committer, read and waited for by everyone.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>

#include "base/watch.hpp"
#include "store/store.hpp"

namespace reef::commit {

class Progress {
public:
    Progress(const store::Ledger& ledger, Clock& clock);

    // From the committer's thread, after each durable batch, of this process or of another one of
    // the node. An older ledger than the last one changes nothing.
    void advance(const store::Ledger& ledger);

    // From any thread.
    std::shared_ptr<const store::Ledger> ledger() const;
    Watch& watch() { return watch_; }
    std::uint64_t generation() const { return watch_.generation(); }
    // Returns once everything in `wanted` is applied here; timeout when the deadline passes first.
    // Resumes on the caller's executor.
    Task<void> wait_for(model::Position wanted, std::chrono::nanoseconds deadline);

private:
    Clock& clock_;
    Watch watch_;
    mutable std::mutex mutex_;  // guards ledger_
    std::shared_ptr<const store::Ledger> ledger_;
};

}  // namespace reef::commit
