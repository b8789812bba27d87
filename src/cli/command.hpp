// A command of the program as plain data: its name, its help, what it takes and what it does.
// `command_line.hpp` makes the program's command line of a table of them.
//
// Exit status: 0 ok, 1 failed, 2 usage or configuration, 3 unhealthy or divergent. Data goes to
// stdout, talk to stderr.
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
    std::string name;  // "--node", "-d"; "APP", without a dash, is known by its place
    // Where the given value goes. It must live until the command has run. Nothing is written when
    // the option is not given. A bool is a flag: it takes no value.
    std::variant<std::string*, int*, double*, bool*> value;
    std::string help;
    bool required = false;
    std::vector<std::string> choices = {};  // of a text, in any case; none: any text
    std::optional<int> highest = {};        // of an int, which is 1 or more
};

struct Command {
    std::string name;
    std::string help;  // one line, for the list of commands
    std::vector<Option> options = {};
    std::string examples = {};           // at the end of its help; "" = those of the one above
    std::function<int()> run = {};       // the exit status; absent when it has commands of its own
    std::vector<Command> commands = {};  // one of them must be given: "conflicts list"
};

}  // namespace reef::cli
