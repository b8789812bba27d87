#include "node/broker.hpp"

#include "brokers/kafka/kafka.hpp"

namespace reef::node {

namespace {

bool has_kafka(const config::App& app, const NodeOptions& options) {
    const bool replicates = options.serve && !options.alone;
    return replicates && app.transport.use == config::TransportKind::kafka;
}

brokers::ShapeTexts shape_texts(const config::App& app) {
    const config::Kafka& kafka = app.transport.kafka;
    return {kafka.topic, kafka.key, kafka.body, app.api.path, !app.foreign_nodes().empty()};
}

brokers::KafkaOptions kafka_options(const config::App& app, const NodeOptions& options) {
    brokers::KafkaOptions made;
    made.brokers = app.transport.kafka.brokers;
    made.group = "atoll." + app.name + '.' + options.name;
    made.client = made.group;
    made.topics = brokers::MessageShape{app.schema, shape_texts(app)}.topics();
    made.partitions = app.transport.kafka.partitions;
    made.retention_seconds = static_cast<std::int64_t>(app.limits.log_seconds);
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

}  // namespace

Result<void> check_broker(const config::App& app, const NodeOptions& options) {
    if (!has_kafka(app, options)) return {};
    return brokers::check_kafka(kafka_options(app, options));
}

std::optional<replication::BrokerOptions> broker_options(const config::App& app,
                                                         const NodeOptions& options) {
    if (!has_kafka(app, options)) return std::nullopt;
    replication::BrokerOptions made;
    made.shape = shape_texts(app);
    const brokers::KafkaOptions kafka = kafka_options(app, options);
    made.dead_topic = kafka.topics.front() + ".dead";
    const std::vector<std::string> before = nodes_before(app, options.name);
    made.keeps_letters = before.empty();
    if (!app.transport.kafka.foreign.empty()) made.foreign.emplace().before = before;
    made.make = [kafka](asio::any_io_executor executor) {
        return brokers::make_kafka(kafka, std::move(executor));
    };
    return made;
}

}  // namespace reef::node
