// The HTTP server: one acceptor deals connections to N io threads; a session stays on its thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "http/http.hpp"

namespace reef::http {

struct ServerOptions {
    // An address or "localhost". A loopback one stands for 127.0.0.1 and, where there is one, ::1.
    std::string host = "127.0.0.1";
    std::uint16_t port = 0;                     // 0: any free one
    std::uint32_t connections_max = 10'000;     // beyond it: 503 and close
    std::uint32_t header_bytes_max = 64 << 10;  // 431
    std::uint32_t header_fields_max = 100;      // 431
    std::uint32_t target_bytes_max = 8 << 10;   // 414
    std::uint64_t body_bytes_max = 1 << 20;     // 413
    // At one path a body may be longer: what a node carries there is what it got, written anew.
    std::string long_body_path = {};
    std::uint64_t long_body_bytes_max = 1 << 20;
    std::chrono::milliseconds header_timeout{10'000};  // in total: 408
    std::chrono::milliseconds body_timeout{30'000};    // in total: 408
    std::chrono::milliseconds idle_timeout{75'000};    // between requests: closed
    std::chrono::milliseconds write_timeout{30'000};   // the client takes nothing: closed
    std::chrono::milliseconds linger_timeout{2'000};   // for reading the last answer
    std::chrono::milliseconds sweep_interval{250};     // how often deadlines are looked at
};

struct ServerCounts {  // for metrics; readable from any thread
    std::uint64_t accepted = 0;
    std::uint64_t open = 0;
    std::uint64_t refused = 0;          // one connection too many
    std::uint64_t accept_failures = 0;  // no file descriptors left
};

class Server {
public:
    virtual ~Server() = default;
    virtual std::uint16_t port() const = 0;
    virtual ServerCounts counts() const = 0;
    // Both are callable from any thread but the io threads, which must be running; a second call
    // does nothing.
    // Stops accepting, closes idle connections, lets requests under way finish (their answers say
    // "Connection: close"); returns when only streams are left, or when `timeout` has passed.
    virtual void drain(std::chrono::milliseconds timeout) = 0;
    // Drains, ends streams; returns when all are done, or when `timeout` has passed and the rest
    // was cut. No coroutine of the server is left then. The destructor stops too, at once.
    virtual void stop(std::chrono::milliseconds timeout) = 0;
};

// One handler for each io context, in order. The contexts are run by the caller (one thread each)
// and outlive the server. invalid: `host` is no address. unavailable: it is taken, or not ours.
Result<std::unique_ptr<Server>> start_server(ServerOptions options,
                                             std::vector<asio::io_context*> contexts,
                                             std::vector<std::shared_ptr<Handler>> handlers);

}  // namespace reef::http
