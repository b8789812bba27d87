// The program's command line: parses the arguments and runs the command that they name.
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

// Runs the command that the arguments name, or prints on stderr why they are wrong. Returns the
// exit status.
int run_command_line(const Program& program, int argc, char** argv);

}  // namespace reef::cli
