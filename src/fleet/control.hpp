// The socket over which commands reach a running fleet. A client sends one line and reads the
// answer.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/task.hpp"

namespace reef::fleet {

// Answers one command; the first word of the answer is "ok" or "error".
using Answer = std::function<asio::awaitable<std::string>(std::string command)>;

// Listens on the socket until it is destroyed. conflict: another fleet listens there already.
class ControlServer {
public:
    virtual ~ControlServer() = default;
};
Result<std::unique_ptr<ControlServer>> listen_for_commands(const std::string& socket,
                                                           asio::any_io_executor executor,
                                                           Answer answer);

// unavailable: nobody listens there.
Result<std::string> send_command(const std::string& socket, const std::string& command);

}  // namespace reef::fleet
