// Pieces of a row's canonical text, which its JSON and its hash share.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/row.hpp"

namespace reef::model {

// Opens a member of an object: a comma unless it is the first, then "name":
void append_name(std::string& out, std::string_view name);
void append_quoted(std::string& out, std::string_view plain);
// {"us.k3f9":[-2,"us.k3f9:12@…"]}
void append_counter(std::string& out, const std::vector<CounterPart>& parts);
// A member "twins", where there are any.
void append_twins(std::string& out, const Resource& resource, const Row& row);

}  // namespace reef::model
