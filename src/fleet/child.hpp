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

#include "base/result.hpp"

namespace reef::fleet {

using Variables = std::vector<std::pair<std::string, std::string>>;

struct User {
    uid_t id = 0;
    gid_t group = 0;
};

struct Command {
    std::vector<std::string> arguments;  // the program first
    Variables environment = {};          // beside our own
    std::optional<User> user = {};       // who it runs as, when we are root
    // The program finds this folder as descriptor 3, /proc/self/fd/3: a user who may not enter the
    // folders above it gets into it all the same. "" = none.
    std::string folder = {};
    int stop_signal = SIGTERM;  // also when we die
};

// On one io_context. `line` is called for each line that it writes, without its end.
class Child {
public:
    virtual ~Child() = default;
    virtual pid_t pid() const = 0;
    virtual void signal(int number) = 0;
    virtual void kill() = 0;  // it, and what it has started
    // For the one who has seen it end: calls `line` for all that it wrote and that was not read
    // yet, its last line as well when that has no end. It does not wait.
    virtual void read_rest() = 0;
};

// unavailable: no process can be started. A program that is not there ends with status 127, and a
// line of its output says so.
Result<std::unique_ptr<Child>> start_child(boost::asio::io_context& context, const Command& command,
                                           std::function<void(std::string line)> line);

}  // namespace reef::fleet
