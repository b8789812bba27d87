// One child process whose output is read line by line, and which never outlives its parent.
#pragma once

#include <sys/types.h>

#include <boost/asio/io_context.hpp>
#include <csignal>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/program.hpp"
#include "base/result.hpp"

namespace reef::fleet {

struct User {
    uid_t id = 0;
    gid_t group = 0;
};

struct Command {
    std::vector<std::string> arguments;  // the program first
    Variables environment = {};          // added to our own
    std::optional<User> user = {};       // the process switches to this user; needs root
    // The process gets this folder as descriptor 3 (/proc/self/fd/3), so that its user can enter
    // the folder even if the folders above it are closed to that user. "" = none.
    std::string folder = {};
    int stop_signal = SIGTERM;  // the kernel also sends it when the parent dies
};

// Used on one io_context. `line` is called for each line of output, without the line's end.
class Child {
public:
    virtual ~Child() = default;
    virtual pid_t pid() const = 0;
    virtual void signal(int number) = 0;
    virtual void kill() = 0;  // the process and the processes that it started
    // Called after the process has ended. Passes all output that was not read yet to `line`, the
    // last line included when it has no end. Does not wait.
    virtual void read_rest() = 0;
};

// unavailable: no process can be started. If the program does not exist, the process starts, says
// so in a line of output, and ends with status 127.
Result<std::unique_ptr<Child>> start_child(boost::asio::io_context& context, const Command& command,
                                           std::function<void(std::string line)> line);

}  // namespace reef::fleet
