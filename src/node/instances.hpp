// This process and the others of its node on one PostgreSQL database: holds the lease or waits for
// it, and hears of what the others have committed. On SQLite, where there are no others, it is as
// if the lease were always held.
#pragma once

#include <atomic>
#include <functional>
#include <memory>

#include "base/task.hpp"
#include "base/worker.hpp"
#include "store/store.hpp"

namespace reef::node {

struct InstancesParts {
    Worker& worker;  // the committer's; runs
    std::unique_ptr<store::InstanceLease> lease;
    // Both on the worker's thread.
    std::function<void(const store::Ledger&)> committed;  // by another process
    std::function<void(bool)> leads;                      // whether this process has the lease now
    std::function<void()> heard;  // there was a notice, or it was time to look
};

class Instances {
public:
    explicit Instances(InstancesParts parts);
    ~Instances();  // after stop()

    // Returns when it is known who leads: this process, or, after a moment, another one.
    void start();
    void stop();  // lets another one lead

    // From any thread.
    bool leads() const { return !shared_ || lease_ > 0; }
    std::uint64_t lease() const { return lease_; }

private:
    Task<bool> look();
    Task<bool> find_leader();
    asio::awaitable<void> keep();
    asio::awaitable<void> end();

    InstancesParts parts_;
    const bool shared_;
    TaskGroup tasks_;
    std::atomic<std::uint64_t> lease_{0};
    bool running_ = false;
};

}  // namespace reef::node
