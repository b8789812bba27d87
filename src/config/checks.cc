#include "config/checks.hpp"

#include <algorithm>

namespace reef::config {

namespace {

// Every address that something listens on, in the order of the file.
struct Listener {
    std::string name;
    Endpoint at;
    Location place;
};

Location location_in(const Toml& table, const std::string& name) {
    for (const auto& [key, value] : table.members) {
        if (key.name == name) return value.at;
    }
    return table.at;
}

bool overlap(const Endpoint& a, const Endpoint& b, bool one_machine) {
    if (a.port != b.port || a.port == 0) return false;
    const auto any = [](const Endpoint& e) { return e.host == "0.0.0.0" || e.host == "::"; };
    return a.host == b.host || (one_machine && (any(a) || any(b)));
}

void check_listeners(Section& top, const App& app, bool one_machine) {
    std::vector<Listener> listeners;
    const Toml* nodes = top.find("node");
    for (std::size_t i = 0; i < app.nodes.size(); ++i) {
        if (app.nodes[i].foreign || app.nodes[i].listen.host.empty()) continue;
        listeners.push_back(
            {app.nodes[i].name, app.nodes[i].listen, location_in(nodes->items[i], "listen")});
    }
    if (app.gateway && !app.gateway->listen.host.empty()) {
        listeners.push_back(
            {"the gateway", app.gateway->listen, location_in(*top.find("gateway"), "listen")});
    }
    for (std::size_t i = 0; i < listeners.size(); ++i) {
        for (std::size_t k = 0; k < i; ++k) {
            if (!overlap(listeners[i].at, listeners[k].at, one_machine)) continue;
            top.mistake(listeners[i].place, listeners[i].name + " listens on " +
                                                to_text(listeners[i].at) + ", and so does " +
                                                listeners[k].name);
            break;
        }
    }
}

// The message never holds the URL: the URL holds a password.
void check_databases(Section& top, const App& app) {
    std::vector<std::pair<std::string, std::string>> seen;
    const auto check = [&](const std::string& name, const std::string& url, const Toml& table) {
        for (const auto& [other, other_url] : seen) {
            if (url.empty() || url != other_url) continue;
            top.mistake(location_in(table, "store"),
                        in_quotes(name) + " and " + in_quotes(other) + " would open one database");
        }
        seen.emplace_back(name, url);
    };
    for (std::size_t i = 0; i < app.nodes.size(); ++i)
        check(app.nodes[i].name, app.nodes[i].database_url, top.find("node")->items[i]);
    for (std::size_t i = 0; i < app.replicas.size(); ++i)
        check(app.replicas[i].name, app.replicas[i].database_url, top.find("replica")->items[i]);
}

// Peers beyond this machine need a secret. Without one, nodes can exchange changes only through a
// broker that can be read again: what was lost in a queue of RabbitMQ has to come from a peer.
void check_secret(Section& top, const App& app, const LoadOptions& options) {
    const auto own = std::count_if(app.nodes.begin(), app.nodes.end(),
                                   [](const Node& node) { return !node.foreign; });
    if (own < 2 || !app.peer_secret().empty() || app.transport.use == TransportKind::kafka) return;
    const bool rabbitmq = app.transport.use == TransportKind::rabbitmq;
    const std::string lacks =
        rabbitmq
            ? "has no peer secret ([peers] secret): what is lost in a queue of RabbitMQ has to "
              "come from a peer"
            : "has neither a peer secret ([peers] secret) nor a broker";
    for (std::size_t i = 0; i < app.nodes.size(); ++i) {
        const Node& node = app.nodes[i];
        const bool starts = options.up || node.name == app.default_node;
        if (!starts || node.foreign || node.listen.host.empty() || node.listen.loopback()) continue;
        top.mistake(location_in(top.find("node")->items[i], "listen"),
                    in_quotes(node.name) + " listens on " + to_text(node.listen) +
                        ", beyond this machine, and " + lacks);
    }
}

// Whether this process starts the node. The environment need not say where the stores of other
// nodes are.
bool is_started(const Node& node, const App& app, const LoadOptions& options) {
    return !node.foreign && (options.up || node.name == app.default_node);
}

// On SQLite a trigger cannot tell Atoll's writes from those of other programs.
void check_capture(Section& top, const App& app, const LoadOptions& options) {
    for (const model::Resource& resource : app.schema.resources) {
        if (!resource.captured) continue;
        for (const Node& node : app.nodes) {
            if (!is_started(node, app, options) || !node.database_url.empty()) continue;
            top.mistake(location_in(top.find("resource")->items[resource.id], "capture"),
                        "capture = \"trigger\" is for PostgreSQL, and " + in_quotes(node.name) +
                            " is on SQLite: nobody else may write into its file");
        }
    }
}

// A message of another program does not name its resource, and without a version nothing tells
// whether it is newer than the row here.
void check_foreign_records(Section& top, const App& app) {
    if (app.transport.kafka.foreign.empty()) return;
    const Toml* transport = top.find("transport");
    const auto kafka =
        std::find_if(transport->members.begin(), transport->members.end(),
                     [](const auto& member) { return member.first.name == "kafka"; });
    const Location place = location_in(kafka->second, "foreign");
    const bool told = app.transport.kafka.topic.find("<resource>") != std::string::npos;
    if (app.schema.resources.size() > 1 && !told) {
        top.mistake(place,
                    "\"foreign\" needs a topic for each resource: put <resource> into \"topic\"");
    }
    for (const model::Resource& resource : app.schema.resources) {
        if (resource.version) continue;
        top.mistake(place,
                    "\"foreign\" needs a field of type \"version\" in " + in_quotes(resource.name));
    }
}

void check_foreign_nodes(Section& top, const App& app) {
    if (app.transport.use != TransportKind::rabbitmq) return;
    for (std::size_t i = 0; i < app.nodes.size(); ++i) {
        if (!app.nodes[i].foreign || !app.transport.rabbitmq.foreign.empty()) continue;
        top.mistake(location_in(top.find("node")->items[i], "foreign"),
                    "what " + in_quotes(app.nodes[i].name) +
                        " says is not read: put foreign = \"call\" into [transport.rabbitmq]");
    }
}

// A claim is a matter of the process that decides the write: another one of the same node could not
// say whether it is done.
void check_claims(Section& top, const App& app) {
    const auto claims = [](const model::Resource& resource) {
        return std::any_of(resource.fields.begin(), resource.fields.end(),
                           [](const model::Field& field) { return field.unique_at_home; });
    };
    const auto& resources = app.schema.resources;
    const auto found = std::find_if(resources.begin(), resources.end(), claims);
    if (found == resources.end()) return;
    for (std::size_t i = 0; i < app.nodes.size(); ++i) {
        if (app.nodes[i].instances.empty()) continue;
        top.mistake(location_in(top.find("node")->items[i], "instances"),
                    "several processes of a node cannot share what " + in_quotes(found->name) +
                        " claims with unique = \"home\": use unique = \"local\", or one process");
    }
}

// What a body may hold, a record must be able to keep, and a broker to carry.
void check_sizes(Section& top, const App& app) {
    const Limits& limits = app.limits;
    if (limits.record_bytes_max < limits.body_bytes_max) {
        top.mistake(location_in(*top.find("limits"), "record_bytes_max"),
                    "record_bytes_max = " + std::to_string(limits.record_bytes_max) +
                        " contradicts body_bytes_max = " + std::to_string(limits.body_bytes_max) +
                        ": a record must hold what one body may bring");
    }
    const auto& options = app.transport.kafka.options;
    const auto given = options.find("message.max.bytes");
    const std::uint64_t needed = model::message_bytes_of(limits.record_bytes_max);
    if (app.transport.use != TransportKind::kafka || given == options.end()) return;
    if (std::strtoull(given->second.c_str(), nullptr, 10) >= needed) return;
    top.mistake(top.find("transport")->at,
                "[transport.kafka] options: message.max.bytes = " + given->second +
                    " contradicts record_bytes_max = " + std::to_string(limits.record_bytes_max) +
                    ": a message holds up to " + std::to_string(needed) + " bytes");
}

void check_nodes_fit_slots(Section& top, const App& app) {
    const auto slots = static_cast<std::size_t>(app.schema.id_slots);
    if (app.nodes.size() <= slots) return;
    top.mistake(top.find("node")->items[slots].at,
                "the app has " + std::to_string(app.nodes.size()) + " nodes, but id_slots = " +
                    std::to_string(slots) + " gives ids to " + std::to_string(slots) +
                    " only: raise [app] id_slots before there is any record");
}

}  // namespace

void check_whole(Section& top, const LoadOptions& options, const App& app) {
    check_listeners(top, app, options.whole_app || options.up);
    check_databases(top, app);
    check_secret(top, app, options);
    check_foreign_records(top, app);
    check_foreign_nodes(top, app);
    check_claims(top, app);
    check_nodes_fit_slots(top, app);
    check_sizes(top, app);
    check_capture(top, app, options);
}

}  // namespace reef::config
