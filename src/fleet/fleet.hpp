// All nodes of an app and its gateway as child processes of one, and what they stand on: started
// together, restarted when one dies, stopped together. Commands reach it over a socket in the app's
// data folder.
#pragma once

#include <string>
#include <vector>

#include "config/app.hpp"
#include "fleet/backing_service.hpp"

namespace reef::fleet {

struct FleetOptions {
    std::string program;  // this binary
    std::string app_file;
    std::string env_file;   // of the app's variables; "" = none
    std::string data;       // folder
    std::string log_level;  // "" = the nodes' own default
    bool fresh = false;
    std::string down_command;                 // that people are told, as they can type it
    std::vector<std::string> first_requests;  // as well: lines for a shell
    bool background = false;                  // nobody watches: node output goes to the logs alone
    std::vector<BackingService> services = {};
};

// Runs until it is told to stop; the exit status of the program.
int run_fleet(const config::App& app, FleetOptions options);

// Where a fleet of this data folder listens for commands.
std::string control_socket(const std::string& data);

// Sends one command ("stop us") to the fleet; its answer. unavailable: no fleet runs there.
Result<std::string> command_fleet(const std::string& data, const std::string& command);

}  // namespace reef::fleet
