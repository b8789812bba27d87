// Takes in what other programs write into this node's tables, as soon as it is heard of: a notice
// of the database, or a look every 250 ms. Where several processes share the database, the one that
// holds the lease does it.
#pragma once

#include <functional>
#include <memory>

#include "base/watch.hpp"
#include "base/worker.hpp"
#include "commit/committer.hpp"

namespace reef::node {

struct CapturesParts {
    Worker& worker;  // the committer's; runs
    std::unique_ptr<store::Reader> reader;
    commit::Committer& committer;
    std::function<bool()> leads;
};

class Captures {
public:
    explicit Captures(CapturesParts parts);
    ~Captures();  // after stop()

    void start();
    void stop();
    void look() { heard_.notify(); }  // from any thread

private:
    asio::awaitable<void> keep();
    Task<bool> ingest();
    asio::awaitable<void> end();

    CapturesParts parts_;
    Watch heard_;
    TaskGroup tasks_;
    bool running_ = false;
};

}  // namespace reef::node
