// The HTTP server: one acceptor deals connections to N io threads; a session stays on its thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "api/http.hpp"

namespace reef::api {

struct ServerOptions {
    std::string host = "127.0.0.1";
    std::uint16_t port = 0;                            // 0: any free one
    std::uint32_t connections_max = 10'000;            // beyond it: 503 and close
    std::uint32_t header_bytes_max = 16 << 10;         // 431
    std::uint32_t header_fields_max = 100;             // 431
    std::uint64_t body_bytes_max = 1 << 20;            // 413
    std::chrono::milliseconds header_timeout{10'000};  // in total: 408
    std::chrono::milliseconds body_timeout{30'000};
    std::chrono::milliseconds idle_timeout{75'000};
    std::chrono::milliseconds write_timeout{30'000};
};

struct ServerCounts {  // for metrics; readable from any thread
    std::uint64_t accepted = 0;
    std::uint64_t open = 0;
    std::uint64_t refused = 0;
};

class Server {
public:
    virtual ~Server() = default;
    virtual std::uint16_t port() const = 0;
    virtual ServerCounts counts() const = 0;
    // Stops accepting, closes idle connections, lets requests under way finish (their answers say
    // "Connection: close"); returns when all are done or `deadline` has passed and the rest was
    // cut. Callable from any thread but the io threads.
    virtual void stop(std::chrono::milliseconds deadline) = 0;
};

// One handler for each io context, in order. The contexts are run by the caller (one thread each)
// and outlive the server. unavailable: the address is taken (the text says so).
Result<std::unique_ptr<Server>> start_server(ServerOptions options,
                                             std::vector<asio::io_context*> contexts,
                                             std::vector<std::shared_ptr<Handler>> handlers);

}  // namespace reef::api
