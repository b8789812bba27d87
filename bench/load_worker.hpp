// One thread of the load generator: its connections, one epoll, and either of two loops.
// Closed: each connection asks again as soon as it is answered; shows what a server can carry.
// Open: requests are due at fixed times whether or not the server keeps up, and a latency begins
// when its request was due. A slow answer so delays, in the figures, all that should have followed.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "load_connection.hpp"
#include "load_options.hpp"
#include "load_result.hpp"

namespace reef::bench {

std::int64_t now_ns();  // monotonic

struct Window {  // the same for all threads
    std::int64_t start_ns = 0;
    std::int64_t measure_ns = 0;  // the warm-up's end
    std::int64_t end_ns = 0;      // no request begins after it
};

class Worker {
public:
    // Connects; of `threads` workers this is the index-th. Throws LoadError.
    Worker(const LoadOptions& options, std::uint32_t index, std::uint64_t seed);
    ~Worker();
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    void learn_versions();
    void run(Window window);  // once; until everything asked is answered, or given up
    LoadResult result() const;

private:
    using OnAnswer = void (Worker::*)(Connection&, std::int64_t now_ns);

    void run_closed();
    void run_open();
    void poll(std::int64_t timeout_ns, OnAnswer on_answer);
    void learned(Connection& connection, std::int64_t now);
    void answered(Connection& connection, std::int64_t now);
    void record(const Connection& connection, std::int64_t now);
    void begin(Connection& connection, std::int64_t begun_ns);
    bool may_begin(std::int64_t now);
    bool given_up(std::int64_t now) const;
    std::int64_t due_ns(std::uint64_t nth) const;

    const LoadOptions& options_;
    const std::uint32_t index_;
    const int epoll_;
    std::vector<std::unique_ptr<Connection>> connections_;
    std::deque<Connection*> free_;  // open loop: in turn, so that all are used
    Window window_;
    std::uint64_t count_left_ = 0;  // closed loop, when a count ends it
    std::uint64_t begun_ = 0;       // open loop: how many requests were sent
    std::size_t waiting_ = 0;       // connections with a request under way
    std::int64_t last_answer_ns_ = 0;
    Histogram latencies_;
    std::vector<std::uint64_t> statuses_;
    std::map<std::string, std::uint64_t> errors_;
};

}  // namespace reef::bench
