#include "peers/snapshot.hpp"

#include <algorithm>

#include "base/fault.hpp"
#include "base/log.hpp"
#include "base/text/json.hpp"
#include "model/value_text.hpp"
#include "peers/refusal.hpp"

namespace reef::peers {

using namespace model;

namespace {

constexpr const char* cursor = "snapshot";
constexpr std::chrono::milliseconds answer_max{5000};

Task<std::unique_ptr<AnswerLines>> ask(PeerCalls& calls, std::string question) {
    std::string path{"/_atoll/snapshot"};
    auto lines = co_await calls.post_lines(std::move(path), std::move(question), answer_max);
    if (!lines || (*lines)->status() == 200) co_return lines;
    const std::string body = co_await rest_of(**lines);
    co_return Error{Errc::unavailable,
                    "asked for a snapshot, " + refusal_text((*lines)->status(), body)};
}

Error another_life() {
    return {Errc::unavailable, "the peer's store is another one now: its snapshot begins anew"};
}

}  // namespace

Task<void> Snapshot::take(std::string peer) {
    if (under_way_) co_return Error{Errc::conflict, "a snapshot is being taken already"};
    const auto unfinished = unfinished_place();
    if (unfinished && unfinished->head.node != peer &&
        parts_.peers.may_give_snapshot(unfinished->head.node)) {
        co_return Error{Errc::conflict, "the snapshot of " + unfinished->head.node + " goes on"};
    }
    const auto calls = parts_.calls.find(peer);
    if (calls == parts_.calls.end()) {
        co_return Error{Errc::unavailable, peer + " has no known address"};
    }
    under_way_ = true;
    auto place = co_await begin(peer, *calls->second);
    Result<void> done = place ? Result<void>{} : Result<void>{place.error()};
    if (place) done = co_await take_pieces(std::move(*place), *calls->second);
    pieces_.reset();
    under_way_ = false;
    if (done) log::info("Took a snapshot", {{"peer", peer}, {"rows", rows_.load()}});
    co_return done;
}

std::optional<SnapshotPlace> Snapshot::unfinished_place() const {
    const auto ledger = parts_.progress.ledger();
    const auto known = ledger->cursors.find(cursor);
    if (known == ledger->cursors.end()) return std::nullopt;
    auto place = parse_place(known->second);
    return place ? std::optional{std::move(*place)} : std::nullopt;
}

// The position comes first. What is written after it comes with the feed too, and joining it twice
// changes nothing.
Task<SnapshotPlace> Snapshot::begin(const std::string& peer, PeerCalls& calls) {
    std::string question{"{}"};
    auto lines = co_await ask(calls, std::move(question));
    if (!lines) co_return lines.error();
    const std::string answer = co_await rest_of(**lines);
    const auto json = parse_json(answer);
    if (!json) co_return json.error();
    auto head = read_head(*json);
    if (!head) co_return head.error();
    if (auto good = check_resources(*head); !good) co_return good.error();
    auto left = unfinished_place();
    if (left && left->head.node == head->node && left->head.self == head->self) {
        log::info("Goes on with a snapshot", {{"peer", peer}});
        co_return std::move(*left);
    }
    log::info("Takes a snapshot: what is in no log", {{"peer", peer}});
    SnapshotPlace place{std::move(*head), "", {}, 0};
    place.resource = next_resource(place.head, 0);
    co_return place;
}

// Rows of a resource that only the peer's app has would be missed for ever: with the peer's
// position this node would claim to have them.
Result<void> Snapshot::check_resources(const SnapshotHead& head) const {
    for (const std::string& resource : head.resources) {
        if (parts_.schema.find(resource)) continue;
        return Error{Errc::invalid, head.node + " has a resource that this node's app lacks, " +
                                        resource + ": a snapshot of it would miss its rows"};
    }
    return {};
}

// From this one on, of those that the peer has.
std::string Snapshot::next_resource(const SnapshotHead& head, std::size_t first) const {
    const auto& named = head.resources;
    for (std::size_t id = first; id < parts_.schema.resources.size(); ++id) {
        const std::string& name = parts_.schema.resources[id].name;
        if (named.empty() || std::find(named.begin(), named.end(), name) != named.end())
            return name;
    }
    return "";
}

// The next piece of what is taken at this place. The pieces behind it are on their way while this
// one is saved: one question is asked for all of a kind, unless its answer ends early.
Task<std::string> Snapshot::next_piece(const SnapshotPlace& place, PeerCalls& calls) {
    for (;;) {
        const bool asks = !pieces_;
        if (asks) {
            std::string question = question_json(place);
            auto lines = co_await ask(calls, std::move(question));
            if (!lines) co_return lines.error();
            pieces_ = std::move(*lines);
        }
        auto line = co_await pieces_->next();
        if (line && *line) co_return std::move(**line);
        pieces_.reset();
        if (!line) co_return line.error();
        if (asks) co_return Error{Errc::unavailable, "its answer has no piece"};
    }
}

Task<void> Snapshot::take_pieces(SnapshotPlace place, PeerCalls& calls) {
    for (bool more = true; more;) {
        fault_point("snapshot.piece");
        const bool rows = !place.resource.empty();
        Result<bool> taken{false};
        const bool events = place.events_after.has_value();
        if (rows) taken = co_await take_rows(place, calls);
        if (events) taken = co_await take_events(place, calls);
        if (!rows && !events) taken = co_await take_requests(place, calls);
        if (!taken) co_return taken.error();
        more = *taken;
    }
    co_return Result<void>{};
}

// Takes the rows of one resource after the other; after the last one come the request ids.
Task<bool> Snapshot::take_rows(SnapshotPlace& place, PeerCalls& calls) {
    const Resource* resource = parts_.schema.find(place.resource);
    if (!resource) co_return Error{Errc::invalid, "no resource " + place.resource};
    auto answer = co_await next_piece(place, calls);
    if (!answer) co_return answer.error();
    auto piece = parse_rows(*resource, *answer);
    if (!piece) co_return piece.error();
    if (piece->self != place.head.self) co_return another_life();
    const std::size_t rows = piece->rows.size();
    if (rows > 0) {
        place.after = to_text(piece->rows.back().key);
    } else {
        place.resource = next_resource(place.head, resource->id + 1U);
        place.after.reset();
        pieces_.reset();
    }
    commit::Rows joined;
    joined.under_lease = true;
    joined.rows = std::move(piece->rows);
    joined.parks = true;
    joined.cursors[cursor] = place_json(place);
    auto loaded = co_await parts_.committer.load(std::move(joined));
    if (!loaded) co_return loaded.error();
    rows_ += rows;
    co_return true;
}

// After the last request id come the events, where this node keeps them.
Task<bool> Snapshot::take_requests(SnapshotPlace& place, PeerCalls& calls) {
    auto answer = co_await next_piece(place, calls);
    if (!answer) co_return answer.error();
    auto piece = parse_requests(parts_.schema, *answer);
    if (!piece) co_return piece.error();
    if (piece->self != place.head.self) co_return another_life();
    commit::Rows joined;
    joined.under_lease = true;
    const bool more = !piece->requests.empty();
    if (more) place.requests_after = piece->requests.back().number;
    for (auto& [number, id, seen] : piece->requests)
        joined.requests.emplace_back(std::move(id), std::move(seen));
    if (!more) pieces_.reset();
    if (!more && keeps_events()) place.events_after = Stamp{};
    if (!more && !place.events_after) co_return co_await load_last(std::move(joined), place);
    joined.cursors[cursor] = place_json(place);
    auto loaded = co_await parts_.committer.load(std::move(joined));
    if (!loaded) co_return loaded.error();
    co_return true;
}

Task<bool> Snapshot::take_events(SnapshotPlace& place, PeerCalls& calls) {
    auto answer = co_await next_piece(place, calls);
    if (!answer) co_return answer.error();
    auto piece = parse_events(*answer);
    if (!piece) co_return piece.error();
    commit::Rows joined;
    joined.under_lease = true;
    if (!*piece) co_return co_await load_last(std::move(joined), place);  // the peer keeps none
    if ((*piece)->self != place.head.self) co_return another_life();
    joined.events_from = (*piece)->from;
    if ((*piece)->events.empty()) co_return co_await load_last(std::move(joined), place);
    place.events_after = (*piece)->events.back().stamp;
    joined.events = std::move((*piece)->events);
    joined.cursors[cursor] = place_json(place);
    auto loaded = co_await parts_.committer.load(std::move(joined));
    if (!loaded) co_return loaded.error();
    co_return true;
}

// With the last piece this store has all that the peer had at the beginning: the peer's position
// becomes its own.
Task<bool> Snapshot::load_last(commit::Rows joined, SnapshotPlace& place) {
    joined.cursors[cursor] = "";
    joined.raised.insert(place.head.marks.begin(), place.head.marks.end());
    joined.ended = std::move(place.head.ended);
    joined.retired = std::move(place.head.retired);
    auto loaded = co_await parts_.committer.load(std::move(joined));
    if (!loaded) co_return loaded.error();
    co_return false;
}

bool Snapshot::keeps_events() const {
    return parts_.progress.ledger()->cursors.contains(std::string{store::events_cursor});
}

}  // namespace reef::peers
