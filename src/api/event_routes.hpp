// Who did what, where and when: GET /_atoll/events, in the order of the writes' stamps, which is
// the same on every node.
#pragma once

#include <optional>
#include <string>

#include "commit/progress.hpp"
#include "http/http.hpp"
#include "http/problem.hpp"
#include "store/events.hpp"

namespace reef::api {

struct EventParts {
    const model::Schema& schema;
    store::EventReader& events;
    commit::Progress& progress;
    std::string operation;  // the header that names what a request does; "": there is none
};

// One per io thread.
class EventRoutes {
public:
    EventRoutes(EventParts parts, const http::ProblemWriter& problems);
    // GET /_atoll/events?resource=&key=&since=&operation=&server=&limit=&cursor=
    //   {"items":[…],"next":"cursor","from":"2026-01-01T12:00:00.000000Z"}
    // What is asked for is looked for among so many events at a time: a page may have fewer than
    // `limit`, or none, and name a next one.
    asio::awaitable<http::Response> handle(const http::Request& request);

private:
    struct Wanted {
        store::EventQuery query;
        std::string resource, operation, server;  // "": any
        std::uint32_t rows_max = 0;
    };
    struct Page {
        std::string items;
        std::uint32_t rows = 0;
        std::optional<model::Stamp> last = {};  // examined; absent: there are no more
    };
    Result<Wanted> read_wanted(const http::Request& request) const;
    Result<void> ask_for_record(Wanted& wanted, const model::Resource* resource,
                                const std::string& key) const;
    Task<Page> find(Wanted wanted);
    Task<Time> whole_from(Time began);
    std::optional<Json> detail_of(const Wanted& wanted, const model::Event& event) const;
    void append(std::string& out, const model::Event& event, const Json& detail) const;
    http::Response problem(std::string_view error, std::string detail,
                           const http::Request& request) const;

    const EventParts parts_;
    const http::ProblemWriter& problems_;
};

}  // namespace reef::api
