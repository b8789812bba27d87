// A connection that comes back: opened when it is first needed, and again after it was lost. While
// the database is away nobody waits for it: after a failed attempt all are told so at once, until
// the next one is due.
#pragma once

#include "base/async_mutex.hpp"
#include "store/postgres/connection.hpp"

namespace reef::store::postgres {

class Link {
public:
    Link(asio::any_io_executor executor, ConnectionOptions options);

    // An open connection. unavailable: the database is away.
    Task<std::shared_ptr<Connection>> ready();

    // For what may be done twice: is asked again on a new connection when the old one turns out to
    // be gone.
    Task<Answers> read(Commands commands);

private:
    const asio::any_io_executor executor_;
    const ConnectionOptions options_;
    std::shared_ptr<Connection> connection_;
    AsyncMutex attempting_;
    Error failed_;  // why the last attempt did
    std::chrono::steady_clock::time_point retry_at_{};
    std::chrono::milliseconds pause_{0};
};

}  // namespace reef::store::postgres
