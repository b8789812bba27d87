// Plans the backing services that `atoll up --stack NAME` runs: those that [stack.NAME] of the app
// file asks for.
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

// Starts nothing. Each service gets the first free port that is not below its usual one. If the
// environment already names a node's database or the broker, the nodes use that and no service is
// planned for it.
// invalid: the app has no such stack. unavailable: a program is not installed.
Result<std::vector<BackingService>> plan_stack(const config::App& app, const StackOptions& options);

// `app` was read with the services' variables set. invalid: the nodes would not use the services.
Result<void> check_stack(const config::App& app, const std::string& name);

}  // namespace reef::fleet
