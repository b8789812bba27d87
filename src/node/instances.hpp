// The processes of one node that share its PostgreSQL database. This one holds the node's lease or
// waits for it, and hears what the others have committed. On SQLite there are no others: then it is
// as if this process always held the lease.
#pragma once

#include <atomic>
#include <functional>
#include <memory>

#include "node/database.hpp"

namespace reef::node {

// Both on the database's thread.
struct InstancesListener {
    std::function<void(bool)> leads;  // whether this process has the lease now
    std::function<void()> heard;      // there was a notice, or it was time to look
};

class Instances {
public:
    // Its database starts before it, and stops after it.
    explicit Instances(Database& database);
    ~Instances();  // after stop()

    // Returns when it is known who leads: this process, or, after a moment, another one.
    void start(InstancesListener listener);
    void stop();  // lets another one lead

    // From any thread.
    bool leads() const { return !shared_ || lease_ > 0; }

private:
    Task<bool> look();
    asio::awaitable<void> find_leader();
    asio::awaitable<void> keep();
    asio::awaitable<void> end();

    Database& database_;
    std::unique_ptr<store::InstanceLease> lease_of_node_;
    const bool shared_;
    InstancesListener listener_;
    TaskGroup tasks_;
    std::atomic<std::uint64_t> lease_{0};
    bool running_ = false;
};

}  // namespace reef::node
