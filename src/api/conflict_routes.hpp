// Conflicts for operators, below /_atoll/conflicts: listed page by page, shown, and settled by a
// write that says which side is right.
#pragma once

#include <string>
#include <vector>

#include "http/http.hpp"
#include "http/problem.hpp"
#include "model/resolution.hpp"
#include "replication/write_router.hpp"
#include "store/conflicts.hpp"
#include "store/rows.hpp"

namespace reef::api {

struct ConflictParts {
    const model::Schema& schema;
    store::ConflictReader& conflicts;
    store::RowReader& rows;
    replication::WriteRouter& writes;
    Clock& clock;
    std::vector<std::string> kept_headers = {};  // that go with each write
};

// One per io thread.
class ConflictRoutes {
public:
    ConflictRoutes(ConflictParts parts, const http::ProblemWriter& problems);
    // GET /_atoll/conflicts?kind=&resource=&since=&open=true&limit=&after=, GET …/ID,
    // POST …/ID/resolve {"keep":"kept"}.
    asio::awaitable<http::Response> handle(const http::Request& request);

private:
    asio::awaitable<http::Response> list(const http::Request& request);
    asio::awaitable<http::Response> show(const http::Request& request, std::string id);
    asio::awaitable<http::Response> resolve(const http::Request& request, std::string id);
    Result<store::ConflictQuery> read_query(const http::Request& request) const;
    void append(std::string& out, const model::Conflict& conflict) const;
    Task<std::optional<model::Conflict>> find(std::string id);
    Task<std::vector<model::Row>> holders_of(model::Conflict conflict);
    // What is so now, with the records that it is about.
    Task<model::Conflict> completed(model::Conflict conflict);
    Task<std::vector<model::Intent>> writes_for(model::Conflict conflict, model::Keep keep);
    Task<model::Outcome> submit(model::Intent intent);
    http::Response problem(std::string_view error, std::string detail,
                           const http::Request& request) const;

    const ConflictParts parts_;
    const http::ProblemWriter& problems_;
};

}  // namespace reef::api
