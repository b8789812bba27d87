// How far this node's store has come: told by the committer, read and waited for by everyone.
#pragma once

#include <atomic>
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
    // Returns once everything in `wanted` is applied here; timeout: not within `timeout`.
    // Resumes on the caller's executor.
    Task<void> wait_for(model::Position wanted, std::chrono::nanoseconds timeout);
    // The same for what only the caller can look at: returns once there is something new.
    Task<void> wait_beyond(std::uint64_t seen, std::chrono::nanoseconds timeout);
    // Whether somebody is inside one of these two: what they wait for may be had elsewhere.
    bool awaited() const { return waiting_ > 0; }

private:
    Clock& clock_;
    Watch watch_;
    std::atomic<int> waiting_{0};
    mutable std::mutex mutex_;  // guards ledger_
    std::shared_ptr<const store::Ledger> ledger_;
};

}  // namespace reef::commit
