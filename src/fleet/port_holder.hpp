// Who listens on a port of this machine, for people: "nginx (process 812)".
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace reef::fleet {

// Absent: nobody. "another process" when it may not be seen.
std::optional<std::string> holder_of_port(std::uint16_t port);

}  // namespace reef::fleet
