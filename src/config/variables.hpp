// `${…}` in the app file, and what a variable means to whom.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "config/app.hpp"

namespace reef::config {

struct Variable {
    std::string name;  // under which it was found: PORT_EU
    std::string value;
};
// Finds a variable that is set and not empty.
using Lookup = std::function<std::optional<Variable>(const std::string& name)>;

using Names = std::set<std::string, std::less<>>;

// Finds NAME_US, then NAME. `node` "" has no suffix. The environment must outlive the lookup.
Lookup lookup_for(const Environment& environment, std::string_view node);

// The same for a node that this process is not. A NAME in `personal` is about this process alone,
// so for the other node only NAME_US counts.
Lookup lookup_for_other(const Environment& environment, std::string_view node, Names personal);

std::string suffix_of(std::string_view node);  // "us-east" → "_US_EAST"

// The names that a text reads, those in defaults among them: A, B of "${A:-${B}}".
Names variables_in(std::string_view text);

struct Expanded {
    std::string text;
    std::vector<std::string> from;  // the variables that gave it
    std::string mistake;            // "" = none
};

enum class Unset : std::uint8_t { mistake, empty };

// ${X}, ${X:-default}, ${X:+text if X is set}, nested; $${ stands for a plain ${.
Expanded expand(std::string_view text, const Lookup& lookup, Unset unset);

}  // namespace reef::config
