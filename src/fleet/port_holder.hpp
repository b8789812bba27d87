// Tells whether a port of this machine is free, and names the process that listens on it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace reef::fleet {

// "nginx (process 812)"; "another process" when we may not look into that process. Absent: nobody
// listens on the port.
std::optional<std::string> holder_of_port(std::uint16_t port);

// A server could listen on this port of 127.0.0.1 now.
bool is_free_port(std::uint16_t port);

}  // namespace reef::fleet
