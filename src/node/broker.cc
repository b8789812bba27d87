#include "node/broker.hpp"

#include "transport/kafka.hpp"

namespace reef::node {

namespace {

bool has_kafka(const config::App& app, const NodeOptions& options) {
    const bool replicates = options.serve && !options.alone;
    return replicates && app.transport.use == config::TransportKind::kafka;
}

transport::ShapeTexts shape_texts(const config::App& app) {
    const config::Kafka& kafka = app.transport.kafka;
    return {kafka.topic, kafka.key, kafka.body, app.api.path};
}

transport::KafkaOptions kafka_options(const config::App& app, const NodeOptions& options) {
    transport::KafkaOptions made;
    made.brokers = app.transport.kafka.brokers;
    made.group = "atoll." + app.name + '.' + options.name;
    made.client = made.group;
    made.topics = transport::MessageShape{app.schema, shape_texts(app)}.topics();
    made.partitions = app.transport.kafka.partitions;
    made.retention_seconds = static_cast<std::int64_t>(app.limits.log_seconds);
    made.settings = app.transport.kafka.options;
    return made;
}

// Of the nodes that see one message, the first that the app names.
bool is_first(const config::App& app, const std::string& node) {
    const auto first = std::find_if(app.nodes.begin(), app.nodes.end(),
                                    [](const config::Node& other) { return !other.foreign; });
    return first != app.nodes.end() && first->name == node;
}

}  // namespace

Result<void> check_broker(const config::App& app, const NodeOptions& options) {
    if (!has_kafka(app, options)) return {};
    return transport::check_kafka(kafka_options(app, options));
}

std::optional<replication::BrokerOptions> broker_options(const config::App& app,
                                                         const NodeOptions& options) {
    if (!has_kafka(app, options)) return std::nullopt;
    replication::BrokerOptions made;
    made.shape = shape_texts(app);
    const transport::KafkaOptions kafka = kafka_options(app, options);
    made.dead_topic = kafka.topics.front() + ".dead";
    made.keeps_letters = is_first(app, options.name);
    made.make = [kafka](asio::any_io_executor executor) {
        return transport::make_kafka(kafka, std::move(executor));
    };
    return made;
}

}  // namespace reef::node
