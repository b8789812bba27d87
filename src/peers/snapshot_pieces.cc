#include "peers/snapshot_pieces.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/text/json.hpp"
#include "model/value_text.hpp"
#include "peers/snapshot_json.hpp"

namespace reef::peers {

using namespace model;

namespace {

// A read blocks the io thread: pieces are small enough that others hardly notice.
constexpr store::ScanLimits rows_piece{256, 512 << 10};
constexpr store::ScanLimits requests_piece{500, 0};
constexpr store::ScanLimits events_piece{500, 512 << 10};

Task<SnapshotPiece> next_rows(SnapshotSources sources, SnapshotPart& part) {
    // An empty piece would be the end: rows that cannot be read are passed over.
    std::vector<store::StoredRow> readable;
    for (bool more = true; more && readable.empty();) {
        auto rows = co_await sources.scanner.scan(part.resource, part.after, rows_piece);
        if (!rows) co_return rows.error();
        more = !rows->empty();
        if (more) part.after = rows->back().row.key;
        for (store::StoredRow& row : *rows) {
            if (row.readable()) readable.push_back(std::move(row));
        }
    }
    const auto ledger = sources.progress.ledger();
    co_return SnapshotPiece{rows_json(sources.schema[part.resource], ledger->self, readable),
                            readable.empty()};
}

Task<SnapshotPiece> next_requests(SnapshotSources sources, SnapshotPart& part) {
    auto requests = co_await sources.requests.requests(part.requests_after, requests_piece);
    if (!requests) co_return requests.error();
    if (!requests->empty()) part.requests_after = requests->back().number;
    const auto ledger = sources.progress.ledger();
    co_return SnapshotPiece{requests_json(sources.schema, ledger->self, *requests),
                            requests->empty()};
}

Task<SnapshotPiece> next_events(SnapshotSources sources, SnapshotPart& part) {
    const auto ledger = sources.progress.ledger();
    const auto kept = ledger->cursors.find(std::string{store::events_cursor});
    if (kept == ledger->cursors.end()) co_return SnapshotPiece{"{}", true};
    SnapshotEvents piece{ledger->self, Time{std::strtoll(kept->second.c_str(), nullptr, 10)}, {}};
    store::EventQuery query{part.events_after, {}, {}, events_piece};
    auto events = co_await sources.events.events(std::move(query));
    if (!events) co_return events.error();
    piece.events = std::move(*events);
    if (!piece.events.empty()) part.events_after = piece.events.back().stamp;
    co_return SnapshotPiece{events_json(piece), piece.events.empty()};
}

class Pieces final : public http::StreamBody {
public:
    Pieces(SnapshotSources sources, SnapshotPart part)
        : sources_(sources), part_(std::move(part)) {}

    asio::awaitable<void> write_to(http::Stream& stream) override {
        const auto executor = co_await asio::this_coro::executor;
        for (;;) {
            co_await asio::post(executor, asio::use_awaitable);  // others have their turn
            auto piece = co_await next_piece(sources_, part_);
            if (!piece) co_return;  // the peer asks again
            piece->json += '\n';
            const bool taken = co_await stream.write(piece->json);
            if (!taken || piece->is_last) co_return;
        }
    }

private:
    const SnapshotSources sources_;
    SnapshotPart part_;
};

}  // namespace

Result<SnapshotPart> parse_part(const Schema& schema, const Json& wish) {
    SnapshotPart part;
    if (const Json* after = wish.find("requests")) {
        part.kind = SnapshotPart::Kind::requests;
        part.requests_after = std::strtoull(after->text.c_str(), nullptr, 10);
        return part;
    }
    if (const Json* last = wish.find("events")) {
        part.kind = SnapshotPart::Kind::events;
        part.events_after = parse_stamp(last->text).value_or(Stamp{});
        return part;
    }
    const Resource* resource = schema.find(text_at(wish, "resource"));
    if (!resource) return Error{Errc::invalid, "no such resource"};
    part.resource = resource->id;
    if (const Json* key = wish.find("after")) {
        part.after = key_from_text(resource->key_field(), key->text);
        if (!part.after) return Error{Errc::invalid, "after is no key"};
    }
    return part;
}

Task<SnapshotPiece> next_piece(SnapshotSources sources, SnapshotPart& part) {
    switch (part.kind) {
        case SnapshotPart::Kind::requests:
            return next_requests(sources, part);
        case SnapshotPart::Kind::events:
            return next_events(sources, part);
        case SnapshotPart::Kind::rows:
            break;
    }
    return next_rows(sources, part);
}

std::unique_ptr<http::StreamBody> make_pieces(SnapshotSources sources, SnapshotPart part) {
    return std::make_unique<Pieces>(sources, std::move(part));
}

}  // namespace reef::peers
