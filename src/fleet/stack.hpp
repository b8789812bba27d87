// What an app stands on when `atoll up --stack NAME` brings it along: the services that
// [stack.NAME] asks for.
#pragma once

#include <string>
#include <vector>

#include "config/app.hpp"
#include "fleet/backing_service.hpp"

namespace reef::fleet {

struct StackOptions {
    std::string name;     // "full"
    std::string program;  // this binary
    std::string data;     // the fleet's folder
};

// Planned, not started, each on the first free port from its usual one on. What the environment
// names already (a database's URL, a broker) is no service: the node uses that.
// invalid: the app has no such stack, or one that can't be started here. unavailable: something is
// not installed.
Result<std::vector<BackingService>> plan_stack(const config::App& app, const StackOptions& options);

// Of the app as it was read with the services' variables. invalid: it does not stand on them.
Result<void> check_stack(const config::App& app, const std::string& name);

}  // namespace reef::fleet
