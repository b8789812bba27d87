// The command line of the program: a table of commands, and the one that the arguments name.
#pragma once

#include <string>
#include <vector>

#include "cli/command.hpp"

namespace reef::cli {

struct Program {
    std::string name;
    std::string version;  // what --version prints
    std::string help;
    std::string examples;
    std::vector<Command> commands;
};

// Runs the command that the arguments name, or says on stderr why that can't be. The exit status.
int run_command_line(const Program& program, int argc, char** argv);

}  // namespace reef::cli
