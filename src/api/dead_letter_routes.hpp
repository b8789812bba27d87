// /_atoll/dead-letters…: what waits for a person, and what the person decides.
#pragma once

#include "http/http.hpp"
#include "http/problem.hpp"
#include "replication/dead_letters.hpp"
#include "store/conflicts.hpp"

namespace reef::api {

// One per io thread.
class DeadLetterRoutes {
public:
    DeadLetterRoutes(const model::Schema& schema, store::ConflictReader& reader,
                     replication::DeadLetters& letters, const http::ProblemWriter& problems)
        : schema_(schema), reader_(reader), letters_(letters), problems_(problems) {}

    // GET /_atoll/dead-letters[?after=ID], GET …/ID,
    // POST …/ID/replay, POST …/ID/discard with {} or {"waive":"why"}.
    asio::awaitable<http::Response> handle(const http::Request& request);

private:
    asio::awaitable<http::Response> list(const http::Request& request);
    asio::awaitable<http::Response> show(const http::Request& request, std::uint64_t id);
    asio::awaitable<http::Response> settle(const http::Request& request, std::uint64_t id,
                                           bool replay);
    http::Response problem(std::string_view error, std::string detail,
                           const http::Request& request) const;
    void append(std::string& out, const store::DeadLetter& letter) const;

    const model::Schema& schema_;
    store::ConflictReader& reader_;
    replication::DeadLetters& letters_;
    const http::ProblemWriter& problems_;
};

}  // namespace reef::api
