// A snapshot as it travels: first the position that its rows will cover, then all rows, then the
// live request ids, then the events, piece by piece. docs/wire-format.md
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "store/store.hpp"

namespace reef::peers {

struct SnapshotHead {
    std::string node;
    model::OriginId self;  // another life of that store: another snapshot
    std::map<model::OriginId, store::OriginMark, std::less<>> marks;  // received and hash
    std::vector<std::string> resources = {};  // none: the taker's own (of an earlier build)
    std::map<model::OriginId, store::EndedLife> ended = {};
    std::vector<model::OriginId> retired = {};  // of these
    bool operator==(const SnapshotHead&) const = default;
};
std::string head_json(const SnapshotHead& head);
Result<SnapshotHead> read_head(const Json& json);

// What is asked for next, and how far one has come: kept in the store with each piece.
struct SnapshotPlace {
    SnapshotHead head;
    std::string resource;              // whose rows are next; "": requests are
    std::optional<std::string> after;  // the last key that came, as text
    std::uint64_t requests_after = 0;
    std::optional<model::Stamp> events_after = {};  // events are next, those after this one
};
std::string place_json(const SnapshotPlace& place);
Result<SnapshotPlace> parse_place(std::string_view text);

// {"resource":"properties","after":"10"}, {"requests":17} or {"events":"us.k3f9:12@17672…"}, where
// "" is the beginning. Each also with "all":true: then a line for each piece up to the empty one.
// Earlier versions pass over that, and answer with the first.
std::string question_json(const SnapshotPlace& place);
inline constexpr const char* all_pieces = "all";

struct SnapshotRows {
    model::OriginId self;
    std::vector<model::Row> rows;  // none: there are no more of this resource
};
std::string rows_json(const model::Resource& resource, const model::OriginId& self,
                      const std::vector<store::StoredRow>& rows);
Result<SnapshotRows> parse_rows(const model::Resource& resource, std::string_view text);

struct SnapshotRequests {
    model::OriginId self;
    std::vector<store::SavedRequest> requests;  // none: that was all
};
std::string requests_json(const model::Schema& schema, const model::OriginId& self,
                          const std::vector<store::SavedRequest>& requests);
Result<SnapshotRequests> parse_requests(const model::Schema& schema, std::string_view text);

// Where the peer keeps events. One that keeps none, or is of an earlier version, answers without.
struct SnapshotEvents {
    model::OriginId self;
    Time from;                         // from when on the peer's list is whole
    std::vector<model::Event> events;  // none: that was all
};
std::string events_json(const SnapshotEvents& piece);
Result<std::optional<SnapshotEvents>> parse_events(std::string_view text);

}  // namespace reef::peers
