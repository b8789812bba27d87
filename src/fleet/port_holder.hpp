// Whether a port of this machine is free, and who listens on it, for people: "nginx (process 812)".
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace reef::fleet {

// Absent: nobody. "another process" when it may not be seen.
std::optional<std::string> holder_of_port(std::uint16_t port);

// A server on 127.0.0.1 could have it now.
bool is_free_port(std::uint16_t port);

}  // namespace reef::fleet
