// /_atoll/dead-letters…: what waits for a person, and what the person decides.
#pragma once

#include "api/http.hpp"
#include "api/problem.hpp"
#include "replication/dead_letters.hpp"
#include "store/store.hpp"

namespace reef::api {

// One per io thread.
class LetterRoutes {
public:
    LetterRoutes(const model::Schema& schema, store::Reader& reader,
                 replication::DeadLetters& letters, const ProblemWriter& problems)
        : schema_(schema), reader_(reader), letters_(letters), problems_(problems) {}

    // GET /_atoll/dead-letters[?after=ID], GET …/ID,
    // POST …/ID/replay, POST …/ID/discard with {} or {"waive":"why"}.
    asio::awaitable<Response> handle(const Request& request);

private:
    asio::awaitable<Response> list(const Request& request);
    asio::awaitable<Response> show(const Request& request, std::uint64_t id);
    asio::awaitable<Response> settle(const Request& request, std::uint64_t id, bool replay);
    Response problem(std::string_view error, std::string detail, const Request& request) const;
    void append(std::string& out, const store::DeadLetter& letter) const;

    const model::Schema& schema_;
    store::Reader& reader_;
    replication::DeadLetters& letters_;
    const ProblemWriter& problems_;
};

}  // namespace reef::api
