#include "fleet/stack.hpp"

#include <algorithm>
#include <set>

#include "config/variables.hpp"
#include "fleet/kafka.hpp"
#include "fleet/port_holder.hpp"
#include "fleet/postgres.hpp"
#include "fleet/rabbitmq.hpp"

namespace reef::fleet {

namespace {

// Gives out free ports: none that the app itself uses, and none twice.
class Ports {
public:
    explicit Ports(const config::App& app) {
        if (app.gateway) taken_.insert(app.gateway->listen.port);
        for (const config::Node& node : app.nodes) {
            taken_.insert(node.listen.port);
            for (const config::Endpoint& more : node.instances)
                taken_.insert(more.port);
        }
    }

    std::uint16_t take(std::uint16_t usual) {
        while (taken_.contains(usual) || !is_free_port(usual))
            ++usual;
        taken_.insert(usual);
        return usual;
    }

private:
    std::set<std::uint16_t> taken_;
};

Error has_no_stack(const config::App& app, const std::string& name) {
    std::string names;
    for (const auto& [known, stack] : app.stacks)
        names += (names.empty() ? "" : ", ") + known;
    return {Errc::invalid,
            app.file + " has no [stack." + name + ']' + (names.empty() ? "" : "; it has " + names)};
}

// property-listing → property_listing
std::string database_name(const std::string& app) {
    std::string name = app;
    std::replace_if(
        name.begin(), name.end(), [](char c) { return std::isalnum(c) == 0; }, '_');
    std::transform(name.begin(), name.end(), name.begin(), [](char c) { return std::tolower(c); });
    return name;
}

// The topic of messages about the app's first resource.
std::string first_topic(const config::App& app) {
    constexpr std::string_view mark = "<resource>";
    std::string topic = app.transport.kafka.topic;
    const std::size_t at = topic.find(mark);
    if (at != std::string::npos) topic.replace(at, mark.size(), app.schema.resources.front().name);
    return topic;
}

// A database that a node or a replica finds by a variable.
struct NeededDatabase {
    std::string of;
    std::string variable;
    std::string place;  // in the app file
    bool named = false;
};

std::vector<NeededDatabase> databases_of(const config::App& app, const config::Stack& stack) {
    std::vector<NeededDatabase> needed;
    if (stack.store != "postgresql") return needed;
    for (const config::Node& node : app.nodes) {
        if (node.foreign) continue;
        needed.push_back({node.name, "DATABASE_URL" + config::suffix_of(node.name),
                          "[serve] store = \"${DATABASE_URL:-}\"", !node.database_url.empty()});
    }
    for (const config::Replica& replica : app.replicas) {
        const std::string variable = config::suffix_of(replica.name).substr(1) + "_URL";
        needed.push_back({replica.name, variable, "its store = \"${" + variable + ":-}\"",
                          !replica.database_url.empty()});
    }
    return needed;
}

}  // namespace

Result<std::vector<BackingService>> plan_stack(const config::App& app,
                                               const StackOptions& options) {
    const auto found = app.stacks.find(options.name);
    if (found == app.stacks.end()) return has_no_stack(app, options.name);
    const config::Stack& stack = found->second;
    Ports ports{app};
    std::vector<BackingService> services;
    for (const NeededDatabase& database : databases_of(app, stack)) {
        if (database.named) continue;
        auto service = postgres_service({database.of, database.variable, database_name(app.name),
                                         options.data, ports.take(stack.postgresql_port)});
        if (!service) return service.error();
        services.push_back(std::move(*service));
    }
    if (stack.transport == "kafka" && app.transport.kafka.brokers.empty()) {
        const std::uint16_t port = ports.take(stack.kafka_port);
        auto service = kafka_service(
            {options.program, first_topic(app), options.data, port, ports.take(port)});
        if (!service) return service.error();
        services.push_back(std::move(*service));
    }
    if (stack.transport == "rabbitmq" && app.transport.rabbitmq.address.host.empty()) {
        RabbitmqOptions rabbitmq{options.data};
        rabbitmq.port = ports.take(stack.rabbitmq_port);
        rabbitmq.management_port = ports.take(stack.rabbitmq_management_port);
        rabbitmq.distribution_port = ports.take(rabbitmq.port);
        rabbitmq.epmd_port = ports.take(rabbitmq.port);
        auto service = rabbitmq_service(rabbitmq);
        if (!service) return service.error();
        services.push_back(std::move(*service));
    }
    return services;
}

Result<void> check_stack(const config::App& app, const std::string& name) {
    const config::Stack& stack = app.stacks.at(name);
    for (const NeededDatabase& database : databases_of(app, stack)) {
        if (database.named) continue;
        const bool of_node = app.find(database.of) != nullptr;
        return Error{Errc::invalid, database.of + " would not use its PostgreSQL: " + app.file +
                                        " does not read " +
                                        (of_node ? "DATABASE_URL" : database.variable) +
                                        ", as in " + database.place};
    }
    if (stack.transport == "kafka" && app.transport.use != config::TransportKind::kafka) {
        return Error{Errc::invalid, "the nodes would not use Kafka: TRANSPORT says otherwise, or " +
                                        app.file + " does not read KAFKA_BROKER"};
    }
    if (stack.transport == "rabbitmq" && app.transport.use != config::TransportKind::rabbitmq) {
        return Error{Errc::invalid,
                     "the nodes would not use RabbitMQ: TRANSPORT says otherwise, "
                     "or " +
                         app.file + " does not read RABBITMQ_URL"};
    }
    return {};
}

}  // namespace reef::fleet
