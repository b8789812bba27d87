// A TOML file as a tree that knows where everything stood and keeps the order of the source. The
// only way to toml++, which sorts its tables and is slow to compile.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/app.hpp"

namespace reef::config {

struct Location {  // counted from 1, in characters; 0: not in the file
    std::uint32_t line = 0;
    std::uint32_t column = 0;
    auto operator<=>(const Location&) const = default;
};

struct TomlKey {
    std::string name;
    Location at;
};

struct Toml {
    enum class Kind : std::uint8_t { string, integer, floating, boolean, time, array, table };
    Kind kind = Kind::table;
    Location at;
    std::string text;  // strings decoded; numbers and times as written, without '_'; "true"
    std::vector<Toml> items;
    std::vector<std::pair<TomlKey, Toml>> members;  // in the order of the source
    bool is(Kind other) const { return kind == other; }
};
std::string_view name_of(Toml::Kind kind);  // "a string", "an integer", …

struct Document {
    Toml root;
    std::vector<Mistake> mistakes;  // the file cannot be read, or is no TOML
};
Document read_document(const std::string& file);

}  // namespace reef::config
