// Takes in what other programs write into this node's tables: at once when the database gives
// notice, else with a look every 250 ms. If several processes share the database, the one that
// holds the lease does it.
#pragma once

#include <memory>

#include "base/watch.hpp"
#include "node/database.hpp"
#include "node/instances.hpp"

namespace reef::node {

class Captures {
public:
    // The database starts before it, and stops after it.
    Captures(Database& database, const Instances& instances, Clock& clock);
    ~Captures();  // after stop()

    void start();
    void stop();
    void look() { heard_.notify(); }  // from any thread

private:
    asio::awaitable<void> keep();
    Task<bool> ingest();
    asio::awaitable<void> end();

    Database& database_;
    const Instances& instances_;
    std::unique_ptr<store::CaptureReader> reader_;
    Watch heard_;
    TaskGroup tasks_;
    bool running_ = false;
};

}  // namespace reef::node
