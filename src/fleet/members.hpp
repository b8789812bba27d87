// Turns an app's nodes and its gateway into members of a fleet: the command that runs each, and the
// address on which it listens.
#pragma once

#include <string>
#include <vector>

#include "config/app.hpp"
#include "fleet/fleet.hpp"
#include "fleet/member.hpp"

namespace reef::fleet {

struct Address {
    std::string name;  // the member's
    config::Endpoint listen;
};

// One for each process of each node, then the gateway's.
std::vector<Address> addresses_of(const config::App& app);

// The URL of the app's first resource, on the gateway if the app has one.
std::string resource_url(const config::App& app);
std::string url_of(const config::Endpoint& listen);

// One member for each process of each node. A node on SQLite has one process, even if the app file
// lists more instances.
std::vector<MemberOptions> node_members(const config::App& app, const FleetOptions& options);

// Writes the nginx.conf and returns the member that runs it. The app must have a gateway.
// unavailable: nginx is not installed, or the file cannot be written.
Result<MemberOptions> gateway_member(const config::App& app, const FleetOptions& options);

}  // namespace reef::fleet
