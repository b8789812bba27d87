// One child process whose output is read line by line, and which never outlives its parent.
#pragma once

#include <sys/types.h>

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace reef::fleet {

struct Command {
    std::vector<std::string> arguments;                            // the program first
    std::vector<std::pair<std::string, std::string>> environment;  // beside our own
};

// On one io_context. `line` is called for each line that it writes, without its end.
class Child {
public:
    virtual ~Child() = default;
    virtual pid_t pid() const = 0;
    virtual void signal(int number) = 0;
};

// unavailable: the program can't be started.
Result<std::unique_ptr<Child>> start_child(boost::asio::io_context& context, const Command& command,
                                           std::function<void(std::string line)> line);

}  // namespace reef::fleet
