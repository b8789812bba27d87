// What is asked of the lists that nodes keep for operators.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace reef::cli {

// "?limit=1000&kind=fields": a page's length, and of the parameters those that have a value.
std::string list_query(const std::vector<std::pair<std::string, std::string>>& parameters);

// "2h" as the time two hours ago; any other text as it is.
std::string begin_of(const std::string& since);

}  // namespace reef::cli
