// [[node]], [serve], [[replica]] and [peers]: the names of the nodes, their addresses and
// databases, and what the environment says about each.
#pragma once

#include "config/section.hpp"

namespace reef::config {

// Reads into app.nodes, app.replicas, app.default_node and app.peer_secrets. `top` is read with the
// plain environment.
void read_nodes(Section& top, const Environment& environment, const LoadOptions& options, App& app);

// "host:port" of a section; absent (a mistake was noted) when it is none.
std::optional<Endpoint> endpoint_of(const Section& section, const std::string& name,
                                    const Text& text);

}  // namespace reef::config
