#include "peers/history_routes.hpp"

#include <algorithm>
#include <limits>

#include "base/text/json.hpp"
#include "model/abridged.hpp"
#include "model/sizes.hpp"
#include "model/value_text.hpp"
#include "peers/change_feed.hpp"
#include "peers/snapshot_json.hpp"

namespace reef::peers {

using namespace model;

namespace {

// A read blocks the io thread: pieces are small enough that others hardly notice.
constexpr store::ScanLimits rows_piece{256, 512 << 10};
constexpr store::ScanLimits requests_piece{500, 0};
constexpr store::ScanLimits events_piece{500, 512 << 10};
constexpr store::ScanLimits first_entry{1, 1};
constexpr std::uint64_t log_piece_bytes = 1 << 20;
constexpr std::uint32_t log_piece_max = 1000;

// The position behind which only this origin has changes: all others stand at the end.
Position only(const store::Ledger& ledger, const Dot& after) {
    Position position;
    for (const auto& [origin, mark] : ledger.origins)
        position[origin] = std::numeric_limits<std::int64_t>::max();
    position[after.origin] = after.seq;
    return position;
}

}  // namespace

http::Response HistoryRoutes::problem(std::string_view error, std::string detail,
                                      const http::Request& request) const {
    return problems_.write({error, std::move(detail), {}, ""}, request);
}

Task<std::optional<LogRange>> HistoryRoutes::missing(Position after,
                                                     std::vector<std::string> without) {
    const auto ledger = parts_.progress.ledger();
    for (const auto& [origin, mark] : ledger->origins) {
        const std::uint64_t there = seq_in(after, origin);
        if (is_among(without, origin) || mark.received <= there) continue;
        Dot first{origin, there + 1};
        auto next = co_await parts_.log.change(std::move(first));
        if (!next) co_return next.error();
        if (*next) continue;
        LogRange range{origin, there + 1, 0, mark.received};
        Position behind = only(*ledger, {origin, there});
        auto oldest = co_await parts_.log.changes_after(std::move(behind), first_entry);
        if (!oldest) co_return oldest.error();
        if (!oldest->empty()) range.oldest = oldest->front().dot.seq;
        co_return std::optional{std::move(range)};
    }
    co_return std::nullopt;
}

http::Response HistoryRoutes::gone(const LogRange& range, const http::Request& request) const {
    const std::string held =
        range.oldest == 0 ? "nothing that follows"
                          : std::to_string(range.oldest) + " to " + std::to_string(range.newest);
    return problem("needs_snapshot",
                   "of " + range.origin + " the log here holds " + held + ", and not " +
                       std::to_string(range.wanted) + ": take a snapshot",
                   request);
}

asio::awaitable<http::Response> HistoryRoutes::log_piece(const http::Request& request, Dot after,
                                                         std::uint32_t limit) {
    const auto ledger = parts_.progress.ledger();
    const auto mark = ledger->origins.find(after.origin);
    const std::uint64_t received = mark == ledger->origins.end() ? 0 : mark->second.received;
    Position behind = only(*ledger, after);
    const store::ScanLimits limits{std::min(limit, log_piece_max), log_piece_bytes};
    auto entries = co_await parts_.log.changes_after(std::move(behind), limits);
    if (!entries) co_return problem("unavailable", entries.error().what, request);
    // The log may already have an origin that this thread has not heard of.
    const std::size_t others = std::erase_if(
        *entries, [&after](const auto& entry) { return entry.dot.origin != after.origin; });
    http::Response response;
    response.content_type = "application/x-ndjson";
    std::uint64_t next = after.seq + 1;
    for (const store::LogEntry& entry : *entries) {
        if (entry.dot.seq != next) break;  // never a tail with a hole
        ++next;
        const bool too_long = entry.json.size() > line_bytes_max;
        response.body += too_long ? abridged(entry.json) : entry.json;
        response.body += '\n';
    }
    if (response.body.empty() && others > 0)
        co_return problem("unavailable", "a new origin is in the way: ask again", request);
    if (response.body.empty() && received > after.seq) {
        const std::uint64_t oldest = entries->empty() ? 0 : entries->front().dot.seq;
        co_return gone({after.origin, after.seq + 1, oldest, received}, request);
    }
    co_return response;
}

asio::awaitable<http::Response> HistoryRoutes::snapshot(const http::Request& request) {
    const auto wish = parse_json(request.body);
    if (!wish) co_return problem("malformed_request", wish.error().what, request);
    if (const Json* after = wish->find("requests")) {
        const std::uint64_t number = std::strtoull(after->text.c_str(), nullptr, 10);
        co_return co_await snapshot_requests(request, number);
    }
    if (const Json* last = wish->find("events")) {
        Stamp after = parse_stamp(last->text).value_or(Stamp{});
        co_return co_await snapshot_events(request, std::move(after));
    }
    if (!wish->find("resource")) co_return co_await snapshot_head(request);
    const Resource* resource = parts_.schema.find(text_at(*wish, "resource"));
    if (!resource) co_return problem("malformed_request", "no such resource", request);
    std::optional<Key> after;
    if (const Json* key = wish->find("after")) {
        after = key_from_text(resource->key_field(), key->text);
        if (!after) co_return problem("malformed_request", "after is no key", request);
    }
    co_return co_await snapshot_rows(request, *resource, std::move(after));
}

// The rows lack an origin's changes from its first dead letter on, so its mark is lowered to what
// is applied.
asio::awaitable<http::Response> HistoryRoutes::snapshot_head(const http::Request& request) {
    const auto ledger = parts_.progress.ledger();
    SnapshotHead head{parts_.node, ledger->self, ledger->origins, {}, ledger->ended(), {}};
    for (const Resource& resource : parts_.schema.resources)
        head.resources.push_back(resource.name);
    for (const auto& [origin, last] : ledger->retired())
        head.retired.push_back(origin);
    for (auto& [origin, mark] : head.marks) {
        if (mark.applied == mark.received) continue;
        mark.received = mark.applied;
        mark.hash = {};
        if (mark.applied == 0) continue;
        Dot last{origin, mark.applied};
        auto entry = co_await parts_.log.change(std::move(last));
        if (!entry) co_return problem("unavailable", entry.error().what, request);
        if (!*entry) {
            co_return problem("unavailable", "dead letters of " + origin + " hold it back",
                              request);
        }
        mark.hash = (*entry)->hash;
    }
    co_return http::json_response(head_json(head));
}

asio::awaitable<http::Response> HistoryRoutes::snapshot_rows(const http::Request& request,
                                                             const Resource& resource,
                                                             std::optional<Key> after) {
    // An empty piece would be the end: rows that cannot be read are passed over.
    std::vector<store::StoredRow> readable;
    for (bool more = true; more && readable.empty();) {
        auto rows = co_await parts_.scanner.scan(resource.id, after, rows_piece);
        if (!rows) co_return problem("unavailable", rows.error().what, request);
        more = !rows->empty();
        if (more) after = rows->back().row.key;
        for (store::StoredRow& row : *rows) {
            if (row.readable()) readable.push_back(std::move(row));
        }
    }
    co_return http::json_response(rows_json(resource, parts_.progress.ledger()->self, readable));
}

asio::awaitable<http::Response> HistoryRoutes::snapshot_requests(const http::Request& request,
                                                                 std::uint64_t after) {
    auto requests = co_await parts_.requests.requests(after, requests_piece);
    if (!requests) co_return problem("unavailable", requests.error().what, request);
    co_return http::json_response(
        requests_json(parts_.schema, parts_.progress.ledger()->self, *requests));
}

asio::awaitable<http::Response> HistoryRoutes::snapshot_events(const http::Request& request,
                                                               Stamp after) {
    const auto ledger = parts_.progress.ledger();
    const auto kept = ledger->cursors.find(std::string{store::events_cursor});
    if (kept == ledger->cursors.end()) co_return http::json_response("{}");
    SnapshotEvents piece{ledger->self, Time{std::strtoll(kept->second.c_str(), nullptr, 10)}, {}};
    store::EventQuery query{std::move(after), {}, {}, events_piece};
    auto events = co_await parts_.events.events(std::move(query));
    if (!events) co_return problem("unavailable", events.error().what, request);
    piece.events = std::move(*events);
    co_return http::json_response(events_json(piece));
}

asio::awaitable<http::Response> HistoryRoutes::record(const http::Request& request) {
    const auto wish = parse_json(request.body);
    if (!wish) co_return problem("malformed_request", wish.error().what, request);
    const Resource* resource = parts_.schema.find(text_at(*wish, "resource"));
    const auto key =
        resource ? key_from_text(resource->key_field(), text_at(*wish, "key")) : std::nullopt;
    if (!key) co_return problem("malformed_request", "no such record", request);
    RecordRef ref{resource->id, *key};
    auto row = co_await parts_.rows.get(std::move(ref));
    if (!row) co_return problem("unavailable", row.error().what, request);
    std::vector<store::StoredRow> rows;
    if (*row) rows.push_back({std::move(**row), {}});
    co_return http::json_response(rows_json(*resource, parts_.progress.ledger()->self, rows));
}

}  // namespace reef::peers
