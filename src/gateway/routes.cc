#include "gateway/routes.hpp"

#include <algorithm>
#include <stdexcept>

namespace reef::gateway {

namespace {

using config::Endpoint;

constexpr std::string_view scheme = "http://";
constexpr std::string_view everyone = "nodes";  // the group of an app that spreads its requests

// A server that listens on any address is reached on the loopback address. "localhost" becomes
// 127.0.0.1, because nginx would take it for two servers, one of IPv4 and one of IPv6, even if the
// node listens on one of them only.
Endpoint reachable(Endpoint endpoint) {
    if (endpoint.host == "0.0.0.0" || endpoint.host == "localhost") endpoint.host = "127.0.0.1";
    if (endpoint.host == "::") endpoint.host = "::1";
    return endpoint;
}

Endpoint endpoint_of_url(const config::Node& node) {
    std::string_view rest = node.url;
    if (!rest.starts_with(scheme)) return node.listen;
    rest.remove_prefix(scheme.size());
    const bool has_port = rest.find(':', rest.rfind(']') + 1) != rest.npos;
    const auto endpoint = config::parse_endpoint(std::string{rest} + (has_port ? "" : ":80"));
    return endpoint.value_or(node.listen);
}

struct Servers {
    std::string node;
    std::vector<Endpoint> at;
    bool foreign = false;  // another program: it gets only requests whose path names it
};

std::vector<Servers> servers_of(const config::App& app, const Addresses& addresses) {
    std::vector<Servers> all;
    for (const config::Node& node : app.nodes) {
        if (node.foreign && node.url.empty()) continue;  // its address is not known
        const auto given = addresses.find(node.name);
        Servers& servers = all.emplace_back();
        servers.node = node.name;
        servers.foreign = node.foreign;
        if (given != addresses.end() && !given->second.empty()) {
            servers.at = given->second;
        } else {
            servers.at = node.instances;
            servers.at.insert(servers.at.begin(), endpoint_of_url(node));
        }
        std::transform(servers.at.begin(), servers.at.end(), servers.at.begin(), reachable);
    }
    // Our own nodes come first: the first one gets the requests whose path names no region.
    const auto foreign = std::stable_partition(all.begin(), all.end(),
                                               [](const Servers& one) { return !one.foreign; });
    if (foreign == all.begin())
        throw std::invalid_argument(app.name + " has no node to pass requests to");
    return all;
}

// Another program never replaces one of our nodes: it does not recognize a repeated attempt, and it
// may not have yet what another region has just written.
std::vector<Group> groups_of(const std::vector<Servers>& all, bool spread) {
    std::vector<Group> groups;
    if (spread) {
        Group& group = groups.emplace_back();
        group.name = group.other = everyone;
        for (const Servers& servers : all) {
            if (servers.foreign) continue;
            group.first.insert(group.first.end(), servers.at.begin(), servers.at.end());
        }
        return groups;
    }
    for (const Servers& servers : all) {
        Group& group = groups.emplace_back();
        group.name = group.other = servers.node;
        group.first = servers.at;
        for (const Servers& others : all) {
            if (others.node == servers.node || others.foreign) continue;
            if (group.other == group.name && !servers.foreign) group.other = others.node;
            group.fallback.insert(group.fallback.end(), others.at.begin(), others.at.end());
        }
    }
    return groups;
}

// "/{region}" → "/us"
std::string path_of(const std::string& pattern, const std::string& node) {
    const std::size_t open = pattern.find('{');
    const std::size_t close = pattern.find('}', open);
    if (open == pattern.npos || close == pattern.npos) return pattern;
    return pattern.substr(0, open) + node + pattern.substr(close + 1);
}

class Table {
public:
    explicit Table(std::vector<Group> groups) { made_.groups = std::move(groups); }

    // The first group answers for a foreign node whose address is not known.
    const Group& group_of(const std::string& node) const {
        for (const Group& group : made_.groups) {
            if (group.name == node) return group;
        }
        return made_.groups.front();
    }

    void add(std::string path, const Group& group, std::string region = "", bool feed = false) {
        made_.routes.push_back({std::move(path), group.name, group.other, std::move(region), feed});
    }

    // Passes all paths below `path`. Without the first route nginx would answer `path` itself with
    // a redirect.
    void add_below(const std::string& path, const Group& group, const std::string& region) {
        add(path, {});
        add(path + '/', group, region);
    }

    // Passes the change feed of each resource, with and without a slash at the end.
    void add_feeds(const config::App& app, const std::string& path, const Group& group,
                   const std::string& region) {
        for (const model::Resource& resource : app.schema.resources) {
            const std::string feed = path + '/' + resource.name + "/changes";
            add(feed, group, region, true);
            add(feed + '/', group, region, true);
        }
    }

    Routes take() { return std::move(made_); }

private:
    Routes made_;
};

void add_records(Table& table, const config::App& app) {
    const std::string& pattern = app.api.path;
    if (app.api.path_names_node()) {
        for (const config::Node& node : app.nodes) {
            const std::string path = path_of(pattern, node.name);
            const Group& group = table.group_of(node.name);
            table.add_below(path, group, node.name);
            table.add_feeds(app, path, group, node.name);
        }
        return;
    }
    const Group& group = table.group_of("");
    if (pattern.empty()) {
        for (const model::Resource& resource : app.schema.resources) {
            table.add('/' + resource.name, group);
            table.add('/' + resource.name + '/', group);
        }
    } else {
        table.add_below(pattern.substr(0, pattern.find('/', 1)), group, "");
    }
    table.add_feeds(app, pattern, group, "");
}

}  // namespace

Routes routes_of(const config::App& app, const Addresses& addresses) {
    const auto servers = servers_of(app, addresses);
    const bool spread = app.gateway ? app.gateway->spread : !app.api.path_names_node();
    Table table{groups_of(servers, spread)};
    add_records(table, app);
    const Group& any = table.group_of("");
    for (const char* path : {"/health", "/docs", "/docs/", "/openapi.json", "/asyncapi.json"})
        table.add(path, any);
    Routes routes = table.take();
    for (const Servers& node : servers)
        routes.servers += node.at.size();
    return routes;
}

}  // namespace reef::gateway
