// The commands of the program. Each has a file of its own.
#pragma once

#include <vector>

#include "cli/command.hpp"

namespace reef::cli {

Command asyncapi_command();
Command backup_command();
Command check_command();
Command conflicts_command();
Command dead_letters_command();
Command events_command();
std::vector<Command> fleet_commands();  // stop, start, restart, down, logs, cut, heal
Command gateway_config_command();
Command health_command();
Command openapi_command();
Command repair_command();
Command reset_replicas_command();
Command restore_command();
Command retire_command();
Command seed_command();
Command serve_command();
Command status_command();
Command up_command();
Command verify_command();

}  // namespace reef::cli
