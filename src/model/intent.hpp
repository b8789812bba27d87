// What a client asks for (Intent), what the decision needs to know (Facts), what came of it
// (Outcome).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "model/change.hpp"
#include "model/claim.hpp"

namespace reef::model {

struct Precondition {
    std::optional<std::uint64_t> version;  // of the body or the query: stale is 409
    std::vector<Vector> if_match;          // any of these: else 412
    bool if_match_any = false;             // If-Match: *
    std::vector<Vector> if_none_match;     // none of these: else 412
    bool if_none_match_any = false;        // If-None-Match: *: only when there is none
    std::optional<Vector> compared;        // forwarded to its home: the row the other region saw
    // And the distinct writes in it: homes of earlier builds look at nothing else to know twins.
    std::uint64_t compared_version = 0;
    bool names_version() const { return version || if_match_any || !if_match.empty(); }
};

// A value that follows from the one that the record has: what is added to a counter, or the members
// of a JSON value that change (RFC 7396), as their JSON.
struct FieldPatch {
    FieldId field = 0;
    Value by;
    bool operator==(const FieldPatch&) const = default;
};

// Who decides about a write to a record that has a home.
struct Decider {
    std::string node;       // to whom it goes: the home, or who hears the home, or who stands in
    std::string in_stead;   // "": the home itself decides; else this is the home, and is silent
    bool compares = false;  // versions that it is told; nodes of earlier versions do not
};

struct Intent {
    WriteKind kind = WriteKind::update;
    ResourceId resource = 0;
    std::optional<Key> key;                         // absent: generated at a create
    std::vector<std::pair<FieldId, Value>> fields;  // as the client named them, checked by type
    std::vector<FieldPatch> patches = {};           // of an update, beside them
    Precondition precondition;
    RequestMark request;
    Time received;  // by the gateway's clock when there is one, never ahead of ours
    // As the gateway says, the same on each of its tries. It may be ahead of our clock: a new UUID
    // may begin with it, a stamp must not.
    std::optional<Time> gateway_time = std::nullopt;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string traceparent;
    // The body as the client sent it, without white space: for the event. "": none are kept, or
    // nobody sent any.
    std::string inputs = {};
    // Decided here, whatever the record's home: a node of an earlier version carried it here.
    bool decide_locally = false;
    std::vector<std::string> passed = {};  // nodes that have passed it on, and wait for the answer
    // A person's word about a conflict. On a deleted record If-Match counts too; a delete says that
    // it stays so, and a create brings back what the node had set.
    bool settles = false;
    std::vector<ClaimAnswer> claims = {};  // of its unique values, those that were asked for so far
};

// One word each: the answer's "code", and a row in the API's table of problems.
enum class Refusal : std::uint8_t {
    not_found,
    already_exists,
    version_conflict,
    precondition_failed,
    precondition_required,
    duplicate_request,
    key_reused,
    unknown_reference,
    still_referenced,
    not_unique,
    against_order,
    immutable_field,
    replica_behind,
    home_unreachable,
    ids_exhausted,
    record_too_large,
    out_of_range,  // a counter would be; the last one: forward_json.cc counts on it
};
std::string_view name_of(Refusal refusal);  // "version_conflict"

struct Accepted {
    Row row;
    WriteKind kind = WriteKind::update;  // what it was: create = or_update turns one into another
    Stamp stamp;
    std::string in_stead = {};  // of this node, the record's home, which was silent
};
struct Replayed {  // had taken effect before: answer from that change
    RequestSeen seen;
    std::optional<Row> row =
        std::nullopt;           // as that change left it, where it was looked up already
    std::string in_stead = {};  // the same
};
struct ForwardHome {   // to be decided by the record's home, or whoever decides in its stead
    std::string home;  // to whom it is sent
    std::optional<Vector> compared;  // the row that the request's version was compared with
    std::uint64_t version = 0;       // that row's distinct writes
};
struct Refused {
    Refusal refusal = Refusal::not_found;
    std::string detail;
    std::string pointer;  // to the field that is to blame, or ""
    std::optional<Row> current;
    std::optional<std::int64_t> superseded_by = std::nullopt;  // not found: ask for this key
    bool doubtful = false;  // replica_behind: it may be stale, or its own success; a moment tells
};
using Outcome = std::variant<Accepted, Replayed, ForwardHome, Refused, Unclaimed>;

}  // namespace reef::model
