// Named places where a crash test may end the process, as `kill -9` would.
#pragma once

#include <string_view>

namespace reef {

// With ATOLL_FAULT=NAME:COUNT in the environment the COUNT-th call with that name never returns.
void fault_point(std::string_view name);

}  // namespace reef
