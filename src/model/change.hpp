// A change: one write to one record, made at one origin, carrying the record's full state after it.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/hash.hpp"
#include "base/result.hpp"
#include "model/row.hpp"

namespace reef::model {

enum class WriteKind : std::uint8_t { create, update, remove };
std::string_view name_of(WriteKind kind);  // "create" "update" "remove"
std::optional<WriteKind> parse_write_kind(std::string_view name);

// How a request is known again. One space for all records and regions.
enum class RequestKind : std::uint8_t {
    id,       // X-Request-ID: a repeat by the client is refused
    key,      // Idempotency-Key: a repeat gets the stored answer
    attempt,  // Atoll-Attempt, when the client gave neither: the gateway's own retries
};

struct RequestId {
    RequestKind kind = RequestKind::id;
    std::string text;
    auto operator<=>(const RequestId&) const = default;
};
std::string to_text(const RequestId& id);  // "id:a1", "key:a1", "attempt:a1"
std::optional<RequestId> parse_request_id(std::string_view text);

struct RequestMark {  // what a write remembers of the request that made it
    std::vector<RequestId> ids;
    std::string attempt;  // one value per client request, on each of its tries
    Hash128 body;
    bool operator==(const RequestMark&) const = default;
};

// ,"request":{"ids":[…],"attempt":"…","body":"…"}: a member of a change and of a forwarded write.
void append_request_json(std::string& out, const RequestMark& request);
Result<RequestMark> read_request_json(const Json& json);

using Headers = std::vector<std::pair<std::string, std::string>>;    // kept ones
void append_headers_json(std::string& out, const Headers& headers);  // ,"headers":{…}

// What is kept per request id: its effect. effects.hpp says what of it goes into which column.
struct RequestSeen {
    Stamp stamp;  // the write: its dot finds the change in the log
    RecordRef record;
    WriteKind kind = WriteKind::update;
    std::string attempt;
    Hash128 body;
    std::vector<std::pair<FieldId, std::int64_t>> added;  // to counters
    Life life;  // in which it was added; without `added` it says nothing
    std::vector<RequestSeen>
        later;  // effects elsewhere of the same id, by stamp; nearly always none
    bool operator==(const RequestSeen&) const = default;
};

struct Change {
    Stamp stamp;  // its dot is (origin, seq)
    WriteKind kind = WriteKind::update;
    Row row;                                              // after the write
    std::vector<FieldId> written;                         // fields that the request named
    std::vector<std::pair<FieldId, std::int64_t>> added;  // what it added to counters
    RequestMark request;
    Headers headers;
    std::string traceparent;
    std::string schema;         // Schema::id() of the writer
    Time at;                    // wall time of the commit's decision
    std::string inputs;         // Intent::inputs
    std::string in_stead = {};  // of this node, the record's home, which was silent
    bool operator==(const Change&) const = default;
};

// Canonical: fixed order, no white space, so that equal changes are equal bytes.
// docs/wire-format.md
std::string change_json(const Schema& schema, const Change& change);
// The same where the row's JSON (append_row_json) is at hand already.
std::string change_json(const Schema& schema, const Change& change, std::string_view row_json);

// invalid: what is wrong and where. A resource that this schema does not know is not_found: park
// it.
Result<Change> parse_change(const Schema& schema, std::string_view json);

// What can be told of a change without reading it: its stamp, which is all that a position needs.
std::optional<Stamp> stamp_in(std::string_view change_json);
// And, of one that parse_change() refuses, its record.
std::optional<RecordRef> record_in(const Schema& schema, std::string_view change_json);

RequestSeen seen_by(const Change& change);

}  // namespace reef::model
