// A command of the program as plain data: its name, its help, its options and the function that
// runs it. `command_line.hpp` turns a table of commands into the program's command line.
//
// Exit status: 0 ok, 1 failed, 2 usage or configuration, 3 unhealthy or divergent. Data goes to
// stdout, messages for people to stderr.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace reef::cli {

inline constexpr int ok = 0;
inline constexpr int failed = 1;
inline constexpr int bad_usage = 2;
inline constexpr int unhealthy = 3;

struct Option {
    std::string name;  // "--node", "-d"; a name without a dash, "APP", is a positional argument
    // The parser writes the given value here, and nothing if the option is not given. The variable
    // must live until the command has run. A bool is a flag: it takes no value.
    std::variant<std::string*, int*, double*, bool*> value;
    std::string help;
    bool required = false;
    std::vector<std::string> choices = {};  // the allowed texts, in upper or lower case; empty: any
    std::optional<int> highest = {};        // the maximum of an int; the minimum is 1
};

struct Command {
    std::string name;
    std::string help;  // one line, for the list of commands
    std::vector<Option> options = {};
    std::string examples = {};           // printed after the help; "" = those of the command above
    std::function<int()> run = {};       // returns the exit status; empty if there are sub-commands
    std::vector<Command> commands = {};  // the sub-commands, of which one must be given
};

}  // namespace reef::cli
