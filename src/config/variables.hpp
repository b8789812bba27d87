// `${…}` in the app file, and what a variable means to whom.
#pragma once

#include <functional>
#include <optional>
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

// Which names without a node's suffix count.
enum class PlainNames : std::uint8_t {
    all,           // for the node that this process is
    not_personal,  // for another node: PORT is not its port
    none,
};

// NAME_US, then NAME. `node` "" has no suffix. The environment must outlive the lookup.
Lookup lookup_for(const Environment& environment, std::string_view node, PlainNames plain);

std::string suffix_of(std::string_view node);  // "us-east" → "_US_EAST"

// PORT, DATABASE_URL, …: plain names that say something about one process, so that `up` of several
// nodes could only misunderstand them.
const std::vector<std::string>& names_of_one_process();

struct Expanded {
    std::string text;
    std::vector<std::string> from;  // the variables that gave it
    std::string mistake;            // "" = none
};

enum class Unset : std::uint8_t { mistake, empty };

// ${X}, ${X:-default}, ${X:+text where X is set}, nested; $${ is a plain ${.
Expanded expand(std::string_view text, const Lookup& lookup, Unset unset);

}  // namespace reef::config
