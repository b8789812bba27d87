// An app's nodes and its gateway as the processes of a fleet: what runs each, and where it listens.
#pragma once

#include <string>
#include <vector>

#include "config/app.hpp"
#include "fleet/fleet.hpp"
#include "fleet/member.hpp"

namespace reef::fleet {

struct Address {
    std::string name;  // of a member
    config::Endpoint listen;
};

// Of all processes of all nodes, and of the gateway last.
std::vector<Address> addresses_of(const config::App& app);

// The URL at which people find the app's first resource: through the gateway where there is one.
std::string resource_url(const config::App& app);
std::string url_of(const config::Endpoint& listen);

// The nodes' processes. A node on SQLite has one, whatever the app says of more.
std::vector<MemberOptions> node_members(const config::App& app, const FleetOptions& options);

// Writes its nginx.conf. The app has a gateway. unavailable: there is no nginx here, or the file
// can't be written.
Result<MemberOptions> gateway_member(const config::App& app, const FleetOptions& options);

}  // namespace reef::fleet
