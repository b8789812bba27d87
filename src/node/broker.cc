#include "node/broker.hpp"

#include <algorithm>

#include "base/text/template.hpp"
#include "brokers/kafka/kafka.hpp"
#include "brokers/rabbitmq/rabbitmq.hpp"
#include "model/sizes.hpp"

namespace reef::node {

namespace {

using config::TransportKind;

brokers::ShapeTexts kafka_shape(const config::App& app) {
    const config::Kafka& kafka = app.transport.kafka;
    brokers::ShapeTexts texts;
    texts.topic = kafka.topic;
    texts.key = kafka.key;
    texts.body = kafka.body;
    texts.path = app.api.path;
    texts.names_writer = !app.foreign_nodes().empty();
    return texts;
}

brokers::KafkaOptions kafka_options(const config::App& app, const NodeOptions& options) {
    brokers::KafkaOptions made;
    made.brokers = app.transport.kafka.brokers;
    made.group = "atoll." + app.name + '.' + options.name;
    made.client = made.group;
    made.topics = brokers::MessageShape{app.schema, kafka_shape(app)}.topics();
    made.partitions = app.transport.kafka.partitions;
    made.retention_seconds = static_cast<std::int64_t>(app.limits.log_seconds);
    made.message_bytes_max = model::message_bytes_of(app.limits.record_bytes_max);
    made.settings = app.transport.kafka.options;
    return made;
}

// In the app's order: of the nodes that see one message, the first looks after it.
std::vector<std::string> nodes_before(const config::App& app, const std::string& node) {
    std::vector<std::string> before;
    for (const config::Node& other : app.nodes) {
        if (other.name == node) break;
        if (!other.foreign) before.push_back(other.name);
    }
    return before;
}

brokers::BrokerLinkOptions kafka_link(const config::App& app, const NodeOptions& options) {
    const brokers::KafkaOptions kafka = kafka_options(app, options);
    const std::vector<std::string> before = nodes_before(app, options.name);
    brokers::BrokerLinkOptions made;
    made.make = [kafka](asio::any_io_executor executor) {
        return brokers::make_kafka(kafka, std::move(executor));
    };
    made.shape = kafka_shape(app);
    made.signer = brokers::ChangeSigner{app.name, app.peer_secrets};
    made.dead_topic = kafka.topics.front() + ".dead";
    made.keeps_dead_messages = before.empty();
    // Without a body of the app's own, messages are for Atoll nodes alone.
    made.shows_joined_rows = !made.shape.body.empty();
    if (!app.transport.kafka.foreign.empty()) made.foreign.emplace().before = before;
    return made;
}

std::string with_parts(const std::string& text, std::initializer_list<const char*> names,
                       const std::string& value) {
    std::string filled;
    const Template pattern{text, Template::Form::text};
    for (const Template::Piece& piece : pattern.pieces()) {
        const bool meant = std::find(names.begin(), names.end(), piece.part) != names.end();
        filled += piece.text + (meant ? value : piece.part.empty() ? "" : '<' + piece.part + '>');
    }
    return filled;
}

// A program's messages are executed by the first of Atoll's nodes that the program sends them to:
// true for those whose messages this node executes.
std::map<std::string, bool> executed_here(const config::App& app, const std::string& node) {
    std::map<std::string, bool> executes;
    for (const config::Node& program : app.nodes) {
        if (!program.foreign) continue;
        const auto& targets = program.send_to;
        const auto first = std::find_if(app.nodes.begin(), app.nodes.end(), [&](const auto& one) {
            return !one.foreign &&
                   std::find(targets.begin(), targets.end(), one.name) != targets.end();
        });
        executes[program.name] = first != app.nodes.end() && first->name == node;
    }
    return executes;
}

// The routing keys of all messages for a node: "<source>.<target>" → "*.B".
brokers::RabbitmqQueue queue_of(const config::Rabbitmq& rabbitmq, const std::string& node) {
    const std::string for_node = with_parts(rabbitmq.routing_key, {"target"}, node);
    return {with_parts(rabbitmq.queue, {"node"}, node),
            with_parts(for_node, {"source", "resource", "one", "past"}, "*")};
}

brokers::RabbitmqOptions rabbitmq_address(const config::App& app, const NodeOptions& options) {
    const config::Rabbitmq& rabbitmq = app.transport.rabbitmq;
    const config::RabbitmqAddress& address = rabbitmq.address;
    brokers::RabbitmqOptions made;
    made.host = address.host;
    made.port = address.port;
    made.user = address.user;
    made.password = address.password;
    made.virtual_host = address.virtual_host;
    made.tls = address.tls;
    made.heartbeat_seconds = address.heartbeat_seconds;
    made.ca_file = rabbitmq.ca_file;
    made.certificate_file = rabbitmq.certificate_file;
    made.key_file = rabbitmq.key_file;
    made.client = "atoll." + app.name + '.' + options.name;
    return made;
}

brokers::RabbitmqOptions rabbitmq_options(const config::App& app, const NodeOptions& options) {
    const config::Rabbitmq& rabbitmq = app.transport.rabbitmq;
    brokers::RabbitmqOptions made = rabbitmq_address(app, options);
    made.exchange = rabbitmq.exchange;
    for (const config::Node& node : app.nodes) {
        brokers::RabbitmqQueue queue = queue_of(rabbitmq, node.name);
        if (node.name == options.name) {
            made.queues.push_back(std::move(queue));
        } else {
            made.targets.emplace(node.name, std::move(queue));
        }
    }
    return made;
}

brokers::BrokerLinkOptions rabbitmq_link(const config::App& app, const NodeOptions& options) {
    const config::Rabbitmq& rabbitmq = app.transport.rabbitmq;
    const brokers::RabbitmqOptions broker = rabbitmq_options(app, options);
    brokers::BrokerLinkOptions made;
    made.make = [broker](const asio::any_io_executor&) { return brokers::make_rabbitmq(broker); };
    made.shape.topic = rabbitmq.routing_key;
    made.shape.key = "<name>";
    made.shape.body = rabbitmq.body;
    made.shape.path = app.api.path;
    made.shape.headers = {rabbitmq.headers.begin(), rabbitmq.headers.end()};
    made.shape.targets.emplace();
    for (const auto& [node, queue] : broker.targets)
        made.shape.targets->push_back(node);
    for (auto& [program, numbers] : foreign_numbers(app))
        made.shape.foreign.emplace(program, numbers);
    made.signer = brokers::ChangeSigner{app.name, app.peer_secrets};
    made.dead_topic = rabbitmq.dead;
    made.keeps_dead_messages = true;  // nobody else sees what is in this node's queue
    if (!rabbitmq.foreign.empty()) {
        made.calls.emplace().body = rabbitmq.body;
        made.calls->executes = executed_here(app, options.name);
    }
    return made;
}

// Queues for some changes only, which the app's one node shares with other programs.
brokers::BrokerLinkOptions queues_link(const config::App& app, const NodeOptions& options) {
    const config::Rabbitmq& rabbitmq = app.transport.rabbitmq;
    brokers::BrokerLinkOptions made;
    made.shape.key = "<name>";
    made.shape.path = app.api.path;
    made.shape.headers = {rabbitmq.headers.begin(), rabbitmq.headers.end()};
    made.shape.times = {app.api.answers.time_digits, TimeZone::z};
    for (const config::ChangeQueue& queue : rabbitmq.queues)
        made.shape.queues.push_back({queue.name, queue.when, queue.body});
    brokers::RabbitmqOptions broker = rabbitmq_address(app, options);
    const brokers::MessageShape shape{app.schema, made.shape};
    for (const std::string& name : shape.topics())
        broker.queues.push_back({name, ""});
    made.make = [broker](const asio::any_io_executor&) { return brokers::make_rabbitmq(broker); };
    made.signer = brokers::ChangeSigner{app.name, app.peer_secrets};
    made.dead_topic = rabbitmq.dead;
    made.keeps_dead_messages = true;
    made.reads_own_changes = true;
    made.foreign.emplace().broker_says_when = false;
    return made;
}

// What stands between this node and its peers.
TransportKind transport_of(const config::App& app, const NodeOptions& options) {
    const bool replicates = options.serve && !options.alone;
    return replicates ? app.transport.use : TransportKind::direct;
}

}  // namespace

std::map<std::string, model::ForeignNumbers> foreign_numbers(const config::App& app) {
    std::map<std::string, model::ForeignNumbers> numbers;
    for (std::size_t i = 0; i < app.nodes.size(); ++i) {
        if (app.nodes[i].foreign) numbers[app.nodes[i].name] = {app.schema.id_slots, i};
    }
    return numbers;
}

Result<void> check_broker(const config::App& app, const NodeOptions& options) {
    if (transport_of(app, options) != TransportKind::kafka) return {};
    return brokers::check_kafka(kafka_options(app, options));
}

std::optional<brokers::BrokerLinkOptions> broker_options(const config::App& app,
                                                         const NodeOptions& options) {
    switch (transport_of(app, options)) {
        case TransportKind::kafka:
            return kafka_link(app, options);
        case TransportKind::rabbitmq:
            return app.transport.rabbitmq.queues.empty() ? rabbitmq_link(app, options)
                                                         : queues_link(app, options);
        case TransportKind::direct:
            break;
    }
    return std::nullopt;
}

}  // namespace reef::node
