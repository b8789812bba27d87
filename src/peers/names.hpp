// Names of nodes or origins with commas between them, as nodes say them to each other.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace reef::peers {

std::vector<std::string> names_in(std::string_view list);  // without those that are empty

}  // namespace reef::peers
