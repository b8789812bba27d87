// A record's state: (life, vector, fields, twins). Stores are joined, not ordered (see join.hpp).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/hash.hpp"
#include "base/result.hpp"
#include "base/text/json.hpp"
#include "model/schema.hpp"
#include "model/value.hpp"
#include "model/vector.hpp"

namespace reef::model {

// n odd: alive. An insert is 1, a delete n + 1, a re-create n + 1. 0: never seen.
struct Life {
    std::uint64_t n = 0;
    Stamp stamp;  // of the write that began it
    // One request had made two records, and this was the later one: who asks for it means that one.
    std::optional<std::int64_t> superseded_by = std::nullopt;
    bool alive() const { return n % 2 == 1; }
    auto operator<=>(const Life&) const = default;
};

// Each node may have made one, at most, before it knew of the others.
inline constexpr int superseded_hops_max = 8;

struct CounterPart {  // what one origin has added in this life
    OriginId origin;
    std::int64_t total = 0;
    Stamp stamp;
    bool operator==(const CounterPart&) const = default;
};

struct Cell {
    Value value;                     // not for counters, the key and the version
    Stamp stamp;                     // of the write that set it
    std::vector<CounterPart> parts;  // counters: sorted by origin
    bool operator==(const Cell&) const = default;
};

// A write that was one request's second effect: what it added to counters counts only once.
struct Twin {
    Dot dot;
    // What it added to counters that an earlier effect in the same life had added already: taken
    // off as long as that life lasts. Sorted by field; without it the life says nothing.
    Life life;
    std::vector<std::pair<FieldId, std::int64_t>> deltas;
    bool operator==(const Twin&) const = default;
};

// A field of a newer schema: passed on, and joined as lww or, when it has parts, as a counter.
struct UnknownField {
    std::string name;
    std::string value;  // canonical JSON; "" for a counter
    Stamp stamp;
    std::vector<CounterPart> parts;
    bool operator==(const UnknownField&) const = default;
};

struct Row {
    ResourceId resource = 0;
    Key key;
    Life life;
    Vector vector;
    std::vector<Cell> cells;            // by FieldId; those of the key and the version stay empty
    std::vector<Twin> twins;            // sorted by dot
    std::vector<UnknownField> unknown;  // sorted by name

    RecordRef ref() const { return {resource, key}; }
    bool alive() const { return life.alive(); }
    bool operator==(const Row&) const = default;
};

// The integer that people see. A write adds one, second effects of requests too; and where a twin's
// part of a counter was taken off, that adds one more. So of two states that a store shows one
// after the other the later has the higher number: a number once shown never names another state.
std::uint64_t version_of(const Row& row);
// How many requests have written the row: its writes, twins not counted.
std::uint64_t distinct_writes(const Row& row);
// Whether each write in `writes` that `seen` does not cover is one of these twins. Then the first
// effect of each is in `seen`, or stands elsewhere and is looked at when it comes.
bool only_twins_beyond(const Vector& seen, const Vector& writes, const std::vector<Twin>& twins);

// What people see in a field: the key, the version, a counter's sum (not below its min), or the
// cell's value.
Value value_of(const Resource& resource, const Row& row, FieldId field);

// A counter's true sum in this life, twins taken off; it may lie below the field's min. Modulo
// 2^64, as all that is added to counters: no peer's numbers can overflow it.
std::int64_t counter_sum(const Row& row, FieldId field);
std::int64_t add_wrapped(std::int64_t a, std::int64_t b);

// The node that decides about the record's writes. Null: any node does.
const std::string* home_of(const Resource& resource, const Row& row);

// Of all writes inside, the latest stamp. A new write's stamp is raised above it.
Stamp latest_stamp(const Row& row);

// The row as one canonical JSON object: on the wire and in the log.
// {"key":10,"vector":"…","fields":{…},"life":"1 us.k3f9:1@…","stamps":{…},…}
// The reader trusts no node: it answers invalid to what a correct node never writes (check_row).
void append_row_json(std::string& out, const Resource& resource, const Row& row);
Result<Row> read_row_json(const Resource& resource, const Json& json);
std::string life_text(const Life& life);  // "1 us.k3f9:1@…" or "2 us.k3f9:7@… as 4001"
std::optional<Life> parse_life(std::string_view text);

// Every stamp, counter and twin names a write that is inside the row's vector.
Result<void> check_row(const Resource& resource, const Row& row);

// What is saved must be readable again: the same, and every number and time within its bounds.
Result<void> check_saved(const Resource& resource, const Row& row);

// Life, stamps, counters and twins alone, as canonical JSON: the column beside the user's own.
// Reading it into a row whose vector and values are set completes the row. "" is what a row has
// that was inserted by another program: life 1 of base.
std::string state_json(const Resource& resource, const Row& row);
Result<void> read_state_json(const Resource& resource, std::string_view text, Row& row);

Stamp base_stamp();  // time 0: loses to every real write

// A row of `base`: seeds and tables that are taken over. Values by FieldId; version ≥ 1. Of two
// copies of a record the one with the higher version wins.
Row base_row(const Resource& resource, Key key, std::vector<Value> values,
             std::uint64_t version = 1);

}  // namespace reef::model
