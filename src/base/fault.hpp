// Named places where a test can end the process, to see that a crash there does no harm.
// ATOLL_FAULT=NAME:COUNT in the environment chooses one; without it nothing happens. They end
// processes, as anybody can; nothing here makes a running process break a promise.
#pragma once

#include <string_view>

namespace reef {

// The COUNT-th call with that name ends the process, as `kill -9` would.
void fault_point(std::string_view name);

}  // namespace reef
