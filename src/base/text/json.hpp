// A JSON document that keeps numbers as they were written, refuses duplicate keys, and knows where
// each value stood (JSON Pointer). Boost.JSON's parser underneath.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"

namespace reef {

struct Json {
    enum class Kind : std::uint8_t { null, boolean, number, string, array, object };
    Kind kind = Kind::null;
    bool boolean = false;
    std::string text;  // number as written; string decoded
    std::vector<Json> items;
    std::vector<std::pair<std::string, Json>> members;  // in the order written

    bool is(Kind other) const { return kind == other; }
    const Json* find(std::string_view name) const;  // null when absent
};

// Of a member: its text, "" when absent; whether it is there and true.
const std::string& text_at(const Json& json, std::string_view name);
bool true_at(const Json& json, std::string_view name);

inline constexpr std::size_t json_depth_max = 64;  // of what clients send
// Of what Atoll wraps a client's value in: a change, a row and its fields.
inline constexpr std::size_t json_depth_wrapped_max = json_depth_max + 8;

// invalid: what is wrong, with the byte offset; for a duplicate key its JSON Pointer.
Result<Json> parse_json(std::string_view text, std::size_t depth_max = json_depth_max);

void append_json_string(std::string& out, std::string_view text);   // with its quotes
void append_json(std::string& out, const Json& json);               // compact, numbers as written
void append_pointer_part(std::string& out, std::string_view part);  // "/a~1b"

}  // namespace reef
