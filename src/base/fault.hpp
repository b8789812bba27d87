// Named places where tests make something go wrong: to see that it does no harm, or that a checker
// sees the harm. ATOLL_FAULT=NAME:COUNT in the environment chooses one; without it nothing happens.
#pragma once

#include <string_view>

namespace reef {

// The COUNT-th call with that name ends the process, as `kill -9` would.
void fault_point(std::string_view name);

// True at every COUNT-th call with that name: here a promise is to be broken.
bool fault_planted(std::string_view name);

}  // namespace reef
