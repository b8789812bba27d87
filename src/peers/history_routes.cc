#include "peers/history_routes.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <limits>

#include "base/text/json.hpp"
#include "model/abridged.hpp"
#include "model/sizes.hpp"
#include "model/value_text.hpp"
#include "peers/change_feed.hpp"
#include "peers/snapshot_json.hpp"
#include "peers/snapshot_pieces.hpp"

namespace reef::peers {

using namespace model;

namespace {

constexpr store::ScanLimits first_entry{1, 1};
// A read blocks the io thread: pieces are small enough that others hardly notice.
constexpr std::uint64_t log_piece_bytes = 1 << 20;
constexpr std::uint32_t log_piece_max = 1000;
constexpr store::ScanLimits streamed_piece{256, 256 << 10};

// The position behind which only this origin has changes: all others stand at the end.
Position only(const store::Ledger& ledger, const Dot& after) {
    Position position;
    for (const auto& [origin, mark] : ledger.origins)
        position[origin] = std::numeric_limits<std::int64_t>::max();
    position[after.origin] = after.seq;
    return position;
}

// The lines of what follows `after` without a hole; `after` is then the last of them. The log may
// already have an origin that this thread has not heard of.
std::string lines_behind(Dot& after, const std::vector<store::LogEntry>& entries) {
    std::string lines;
    for (const store::LogEntry& entry : entries) {
        if (entry.dot.origin != after.origin) continue;
        if (entry.dot.seq != after.seq + 1) break;
        ++after.seq;
        const bool too_long = entry.json.size() > line_bytes_max;
        lines += too_long ? abridged(entry.json) : entry.json;
        lines += '\n';
    }
    return lines;
}

// The first lines, and then what follows them up to `last`.
class LogLines final : public http::StreamBody {
public:
    LogLines(store::LogReader& log, commit::Progress& progress, std::string first, Dot after,
             std::uint64_t last)
        : log_(log),
          progress_(progress),
          lines_(std::move(first)),
          after_(std::move(after)),
          last_(last) {}

    asio::awaitable<void> write_to(http::Stream& stream) override {
        const auto executor = co_await asio::this_coro::executor;
        while (!lines_.empty()) {
            co_await asio::post(executor, asio::use_awaitable);  // others have their turn
            const bool taken = co_await stream.write(lines_);
            if (!taken || after_.seq >= last_) co_return;
            const store::ScanLimits limits{static_cast<std::uint32_t>(std::min<std::uint64_t>(
                                               streamed_piece.rows_max, last_ - after_.seq)),
                                           streamed_piece.bytes_max};
            Position behind = only(*progress_.ledger(), after_);
            auto entries = co_await log_.changes_after(std::move(behind), limits);
            if (!entries) co_return;  // the peer asks again
            lines_ = lines_behind(after_, *entries);
        }
    }

private:
    store::LogReader& log_;
    commit::Progress& progress_;
    std::string lines_;
    Dot after_;
    const std::uint64_t last_;
};

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

asio::awaitable<http::Response> HistoryRoutes::log_piece(const http::Request& request,
                                                         LogWish wish) {
    const auto ledger = parts_.progress.ledger();
    Dot& after = wish.after;
    const auto mark = ledger->origins.find(after.origin);
    const std::uint64_t received = mark == ledger->origins.end() ? 0 : mark->second.received;
    const std::uint64_t last = after.seq + wish.limit;
    Position behind = only(*ledger, after);
    const store::ScanLimits limits{std::min(wish.limit, log_piece_max), log_piece_bytes};
    auto entries = co_await parts_.log.changes_after(std::move(behind), limits);
    if (!entries) co_return problem("unavailable", entries.error().what, request);
    const auto oldest = std::find_if(entries->begin(), entries->end(), [&](const auto& entry) {
        return entry.dot.origin == after.origin;
    });
    const bool in_the_way = oldest == entries->end() && !entries->empty();
    http::Response response;
    response.content_type = "application/x-ndjson";
    response.body = lines_behind(after, *entries);
    if (response.body.empty() && in_the_way)
        co_return problem("unavailable", "a new origin is in the way: ask again", request);
    if (response.body.empty() && received > after.seq) {
        const std::uint64_t held = oldest == entries->end() ? 0 : oldest->dot.seq;
        co_return gone({after.origin, after.seq + 1, held, received}, request);
    }
    if (wish.whole && !response.body.empty()) {
        response.stream = std::make_unique<LogLines>(parts_.log, parts_.progress,
                                                     std::move(response.body), after, last);
        response.body.clear();
    }
    co_return response;
}

asio::awaitable<http::Response> HistoryRoutes::snapshot(const http::Request& request) {
    const auto wish = parse_json(request.body);
    if (!wish) co_return problem("malformed_request", wish.error().what, request);
    if (wish->members.empty()) co_return co_await snapshot_head(request);
    auto part = parse_part(parts_.schema, *wish);
    if (!part) co_return problem("malformed_request", part.error().what, request);
    const SnapshotSources sources{parts_.schema, parts_.scanner, parts_.requests, parts_.events,
                                  parts_.progress};
    if (true_at(*wish, all_pieces)) {
        http::Response response;
        response.content_type = "application/x-ndjson";
        response.stream = make_pieces(sources, std::move(*part));
        co_return response;
    }
    auto piece = co_await next_piece(sources, *part);
    if (!piece) co_return problem("unavailable", piece.error().what, request);
    co_return http::json_response(std::move(piece->json));
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
