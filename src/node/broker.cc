#include "node/broker.hpp"

#include "brokers/kafka/kafka.hpp"
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

// What stands between this node and its peers.
TransportKind transport_of(const config::App& app, const NodeOptions& options) {
    const bool replicates = options.serve && !options.alone;
    return replicates ? app.transport.use : TransportKind::direct;
}

}  // namespace

Result<void> check_broker(const config::App& app, const NodeOptions& options) {
    if (transport_of(app, options) != TransportKind::kafka) return {};
    return brokers::check_kafka(kafka_options(app, options));
}

std::optional<brokers::BrokerLinkOptions> broker_options(const config::App& app,
                                                         const NodeOptions& options) {
    if (transport_of(app, options) != TransportKind::kafka) return std::nullopt;
    return kafka_link(app, options);
}

}  // namespace reef::node
