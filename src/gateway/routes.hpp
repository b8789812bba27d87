// What the gateway passes, and to whom: the app as a table of paths and groups of servers. Pure.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "config/app.hpp"

namespace reef::gateway {

using Addresses = std::map<std::string, std::vector<config::Endpoint>>;  // by node name

// Servers that stand in for each other.
struct Group {
    std::string name;                        // what nginx calls it
    std::vector<config::Endpoint> first;     // asked in turn
    std::vector<config::Endpoint> fallback;  // asked when all of `first` fail; none: all are equal
    std::string other;  // the group in which the first of these is meant; or this one again
};

struct Route {
    std::string path;    // "/us/": all below it; "/health": only itself
    std::string group;   // "" = not for the public: a path that nginx would redirect otherwise
    std::string other;   // the group's
    std::string region;  // that the path names, or ""
    bool feed = false;   // sent on as it comes, and open for long
};

struct Routes {
    std::vector<Group> groups;
    std::vector<Route> routes;
    std::size_t servers = 0;  // how many different ones
};

// `addresses` goes before what the nodes' urls say.
Routes routes_of(const config::App& app, const Addresses& addresses);

}  // namespace reef::gateway
