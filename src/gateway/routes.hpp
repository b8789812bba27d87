// The paths that the gateway passes on, and the groups of servers that they go to. Pure.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "config/app.hpp"

namespace reef::gateway {

using Addresses = std::map<std::string, std::vector<config::Endpoint>>;  // by node name

// Servers that can answer the same requests.
struct Group {
    std::string name;                        // of nginx's `upstream`
    std::vector<config::Endpoint> first;     // tried first, in turn
    std::vector<config::Endpoint> fallback;  // tried when all of `first` fail; empty: spread
    std::string other;  // the group whose `first` are the next region's servers, or this one
};

struct Route {
    std::string path;    // "/us/": all paths below it; "/health": only this path
    std::string group;   // "" = answered with 404, where nginx would redirect to the path below
    std::string other;   // as in the group
    std::string region;  // the region that the path names, or ""
    bool feed = false;   // an answer that nginx must not buffer and that stays open for long
};

struct Routes {
    std::vector<Group> groups;
    std::vector<Route> routes;
    std::size_t servers = 0;  // in all groups, each counted once
};

// An address in `addresses` replaces the url of that node.
Routes routes_of(const config::App& app, const Addresses& addresses);

}  // namespace reef::gateway
