// The fleet runs an app's backing services, nodes and gateway as its child processes. It starts
// them together, restarts one that dies, and stops them together. Commands reach it over a socket
// in the app's data folder.
#pragma once

#include <string>
#include <vector>

#include "config/app.hpp"
#include "fleet/backing_service.hpp"

namespace reef::fleet {

struct FleetOptions {
    std::string program;  // this binary
    std::string app_file;
    std::string env_file;   // holds the app's variables; "" = none
    std::string data;       // folder
    std::string log_level;  // "" = the nodes' own default
    bool fresh = false;
    std::string down_command;                 // printed for people: stops the fleet as typed
    std::vector<std::string> first_requests;  // printed for people: lines for a shell
    bool background = false;                  // nodes' output goes to their logs only
    std::vector<BackingService> services = {};
};

// Runs until a signal or a command stops it. Returns the program's exit status.
int run_fleet(const config::App& app, FleetOptions options);

// The path of the socket on which the fleet of this data folder listens for commands.
std::string control_socket(const std::string& data);

// Sends one command ("stop us") to the fleet and returns its answer. unavailable: no fleet runs
// there. invalid: the fleet refused the command, the text says why.
Result<std::string> command_fleet(const std::string& data, const std::string& command);

}  // namespace reef::fleet
