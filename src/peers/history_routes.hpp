// What a peer asks that is behind this node: whether our log reaches back to its position, a piece
// of one origin's log, a snapshot, one record.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "commit/progress.hpp"
#include "http/http.hpp"
#include "http/problem.hpp"
#include "store/events.hpp"
#include "store/log.hpp"
#include "store/requests.hpp"
#include "store/rows.hpp"

namespace reef::peers {

// Our log without a hole, or the origin of which it lacks what follows.
struct LogRange {
    model::OriginId origin;
    std::uint64_t wanted = 0;  // asked for, and not here
    std::uint64_t oldest = 0;  // here, up to `newest`; 0: none at all
    std::uint64_t newest = 0;
};

// At most `limit` changes that follow `after`. `whole`: as they are read, however many they are;
// else no more than a piece of them.
struct LogWish {
    model::Dot after;
    std::uint32_t limit = 0;
    bool whole = false;
};

// One per io thread.
class HistoryRoutes {
public:
    struct Parts {
        const model::Schema& schema;
        store::LogReader& log;
        store::RowReader& rows;
        store::RowScanner& scanner;
        store::RequestReader& requests;
        store::EventReader& events;
        commit::Progress& progress;
        std::string node;
    };
    explicit HistoryRoutes(Parts parts, const http::ProblemWriter& problems)
        : parts_(std::move(parts)), problems_(problems) {}

    // The first origin whose log here does not reach back to `after`; absent: there is none.
    // Origins of the nodes in `without` are not looked at.
    Task<std::optional<LogRange>> missing(model::Position after, std::vector<std::string> without);
    http::Response gone(const LogRange& range, const http::Request& request) const;

    // Of one origin, as lines. 410 when they are no longer here.
    asio::awaitable<http::Response> log_piece(const http::Request& request, LogWish wish);
    // {}: the position. Else a piece, or all that follow: see snapshot_pieces.hpp.
    asio::awaitable<http::Response> snapshot(const http::Request& request);
    // {"resource":…,"key":…}
    asio::awaitable<http::Response> record(const http::Request& request);

private:
    asio::awaitable<http::Response> snapshot_head(const http::Request& request);
    http::Response problem(std::string_view error, std::string detail,
                           const http::Request& request) const;

    const Parts parts_;
    const http::ProblemWriter& problems_;
};

}  // namespace reef::peers
