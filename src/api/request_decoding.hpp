// From a request to what it asks for: the body, the query, the headers of one operation, checked.
// Everything that is wrong is collected, so that a client hears all of it at once.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "api/operations.hpp"
#include "http/http.hpp"
#include "http/problem.hpp"
#include "model/intent.hpp"
#include "store/rows.hpp"

namespace reef::api {

// The key in the path. Absent with a fault: its form is wrong. Absent without: no record can have
// it (an integer beyond 64 bits).
std::optional<model::Key> read_key(const model::Resource& resource, std::string_view text,
                                   std::vector<http::Fault>& faults);

// Headers that name the request and say what it may do: X-Request-ID, Idempotency-Key,
// Atoll-Attempt, If-Match, If-None-Match, traceparent, the app's kept ones.
void read_headers(const api::Api& api, const model::Resource& resource,
                  const http::Request& request, model::Intent& intent,
                  std::vector<http::Fault>& faults);

// What the body of an update names.
enum class Named : std::uint8_t {
    as_needed,     // the fields that change, and those that the app wants in each
    changes_only,  // RFC 7396: nothing else. {"add":-3} adds to a counter
};

// The fields in the body of a create or an update. `intent.key` of an update is the path's.
void read_body(const model::Resource& resource, SetByServer set_by_server,
               const http::Request& request, model::Intent& intent,
               std::vector<http::Fault>& faults, Named named = Named::as_needed);

// ?version= of a delete.
void read_version(const http::Request& request, model::Intent& intent,
                  std::vector<http::Fault>& faults);

// No query parameter is known to this operation.
void refuse_query(const http::Request& request, std::vector<http::Fault>& faults);

// Of a read of one record: the query may say how far behind the answer may be (?max_staleness=2.5,
// in seconds), where the app has read replicas.
std::optional<std::chrono::nanoseconds> read_staleness(const api::Api& api,
                                                       const http::Request& request,
                                                       std::vector<http::Fault>& faults);

struct ListRequest {
    store::ListQuery query;
    std::string others;  // the parameters but the cursor, encoded: for the link to the next page
    std::optional<std::chrono::nanoseconds> staleness_max = {};
};
ListRequest read_list(const api::Api& api, const model::Resource& resource,
                      const http::Request& request, std::vector<http::Fault>& faults);

// The mark of the page after this record, in the order of the query; opaque to clients.
std::string cursor_after(const model::Resource& resource, const store::ListQuery& query,
                         const std::pair<model::Value, model::Key>& last);

// The body is JSON when its Content-Type says so or is absent.
bool accepts_media_type(const http::Request& request);

// Required headers of the app that are missing.
void check_required_headers(const api::Api& api, const http::Request& request,
                            std::vector<http::Fault>& faults);

}  // namespace reef::api
