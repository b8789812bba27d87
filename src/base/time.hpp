// Time as microseconds since 1970 UTC: one integer, exact in every store and on the wire.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace reef {

struct Time {
    std::int64_t us = 0;
    auto operator<=>(const Time&) const = default;
};

enum class TimeZone : std::uint8_t { z, none };  // "…Z", or nothing: UTC all the same

// "2026-01-01T12:00:00.000000Z" with `digits` (0, 3 or 6) after the point.
void append_time(std::string& out, Time time, int digits = 6, TimeZone zone = TimeZone::z);
std::string to_text(Time time);

// Reads ISO 8601 / RFC 3339: date, 'T' or ' ', time, up to 9 fractional digits, and 'Z', an offset
// or nothing (which is UTC). Absent when it is anything else, or outside the years 1 … 9999.
std::optional<Time> parse_time(std::string_view text);

}  // namespace reef
