// Which writes are inside a record (Vector), what one write is called (Dot), which of two wins
// (Stamp).
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"

namespace reef::model {

// One life of a store that takes writes: "us.k3f9" (node name, incarnation).
using OriginId = std::string;

inline constexpr std::string_view base_origin = "base";  // what was there before
std::string_view node_of(std::string_view origin);       // "us.k3f9" → "us"

// Position: origin → the highest contiguous seq.
using Position = std::map<OriginId, std::uint64_t, std::less<>>;
std::uint64_t seq_in(const Position& position, std::string_view origin);  // 0 when absent
bool covers(const Position& position, const Position& other);
std::string to_text(const Position& position);  // "eu.8x2a:7,us.k3f9:12"
// Refused: more than position_entries_max entries. A store knows so many origins at most: each life
// of each member's store is one, until it is retired. Each batch and each heartbeat says them all.
inline constexpr std::size_t position_entries_max = 4096;
// Lives that ended and were retired: a store on SQLite tells so many apart in its log.
inline constexpr std::size_t retired_entries_max = 1 << 15;
std::optional<Position> parse_position(std::string_view text,
                                       std::size_t entries_max = position_entries_max);

struct Dot {  // names one write for ever
    OriginId origin;
    std::uint64_t seq = 0;
    auto operator<=>(const Dot&) const = default;
};
std::string to_text(const Dot& dot);                  // "us.k3f9:12"
std::optional<Dot> parse_dot(std::string_view text);  // the name before ":" may be any, "topic/0"

// When a write was received, and which write it was. The total order that decides lww.
struct Stamp {
    Time time;
    Dot dot;
    auto operator<=>(const Stamp&) const = default;
};
// Read up to the year 9999: a later write, a microsecond above it, can still be written as a time.
inline constexpr Time stamp_time_max{253'370'764'800'000'000};
std::string to_text(const Stamp& stamp);  // "us.k3f9:12@1767225600000000"
std::optional<Stamp> parse_stamp(std::string_view text);
inline constexpr std::size_t origin_bytes_max = 80;
bool is_origin(std::string_view text);  // letters, digits, '.', '-', '_'

struct VectorEntry {
    OriginId origin;
    std::uint64_t seq = 0;    // of its last write to the record
    std::uint64_t count = 0;  // of its writes to the record
    bool operator==(const VectorEntry&) const = default;
};

// A tenth of a limit is reached: a person is told, long before anything stops.
constexpr bool is_near_limit(std::size_t count, std::size_t max) {
    return count >= max / 10;
}

enum class Order : std::uint8_t { equal, before, after, concurrent };

// Sorted by origin, one entry each.
class Vector {
public:
    Vector() = default;

    const std::vector<VectorEntry>& entries() const { return entries_; }
    bool empty() const { return entries_.empty(); }
    std::uint64_t seq_of(std::string_view origin) const;
    std::uint64_t writes() const;  // the sum of the counts
    bool covers(const Dot& dot) const { return seq_of(dot.origin) >= dot.seq; }
    bool operator==(const Vector&) const = default;

    void add_write(std::string_view origin, std::uint64_t seq);  // count + 1
    void put(VectorEntry entry);                                 // adds or replaces
    void join(const Vector& other);                              // entry by entry, the higher seq
    Order compare(const Vector& other) const;                    // by seq

private:
    std::vector<VectorEntry> entries_;
};

// Whether each of these writes is at or before the position. Those of `base` are everywhere.
bool is_inside(const Vector& writes, const Position& position);

// "eu.8x2a:7:3,us.k3f9:12:1" (origin:seq:count): the ETag, the column, the wire. Refused: more than
// vector_entries_max entries, seq outside 1 … seq_max, count outside 1 … seq.
// So many counts never add up to more than an int64 holds, which is what people see as a version;
// and in names and numbers of the usual length they fit a header (http/request_parser.hpp).
inline constexpr std::size_t vector_entries_max = 1024;
inline constexpr std::uint64_t seq_max = (std::uint64_t{1} << 53) - 1;
static_assert(vector_entries_max * seq_max < std::uint64_t{1} << 63);
void append_text(std::string& out, const Vector& vector);
std::string to_text(const Vector& vector);
std::optional<Vector> parse_vector(std::string_view text);

}  // namespace reef::model
