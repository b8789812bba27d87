// How far this node's store has come: told by the committer, read and waited for by everyone.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <string>

#include "base/task.hpp"
#include "store/store.hpp"

namespace reef::commit {

class Progress {
public:
    explicit Progress(const store::Ledger& ledger);
    ~Progress();

    // From the committer's thread, after each durable batch.
    void advance(const store::Ledger& ledger);

    // From any thread.
    std::uint64_t generation() const { return generation_.load(std::memory_order_acquire); }
    std::shared_ptr<const store::Ledger> ledger() const;
    // Returns once everything in `wanted` is applied here; timeout when the deadline passes first.
    // Resumes on the caller's executor.
    Task<void> wait_for(model::Position wanted, std::chrono::milliseconds deadline);
    // Returns once generation() is above `seen`; closed when the caller is cancelled.
    Task<void> wait_beyond(std::uint64_t seen);

private:
    struct Waiters;
    std::atomic<std::uint64_t> generation_{1};
    std::unique_ptr<Waiters> waiters_;
};

}  // namespace reef::commit
