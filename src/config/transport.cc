#include "config/transport.hpp"

#include <algorithm>

#include "config/messages.hpp"
#include "config/rabbitmq.hpp"
#include "config/unbuilt.hpp"

namespace reef::config {

namespace {

enum class Use : std::uint8_t { automatic, direct, kafka, rabbitmq };

const Choices<Use> uses{{"auto", Use::automatic},
                        {"direct", Use::direct},
                        {"kafka", Use::kafka},
                        {"rabbitmq", Use::rabbitmq}};

// ---- kafka -----------------------------------------------------------------------------------

// "host:9092,other:9092", as librdkafka takes it: a port and a protocol may be missing.
bool are_brokers(std::string_view text) {
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(','), text.size());
        std::string_view broker = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        while (broker.starts_with(' '))
            broker.remove_prefix(1);
        const std::size_t protocol = broker.find("://");
        if (protocol != std::string_view::npos) broker.remove_prefix(protocol + 3);
        const bool has_port = broker.rfind(':') != std::string_view::npos && !broker.ends_with(']');
        const std::string endpoint = std::string{broker} + (has_port ? "" : ":9092");
        if (!parse_endpoint(endpoint)) return false;
    }
    return true;
}

// The text that chooses Kafka.
std::optional<Text> read_kafka(Section& section, App& app) {
    Kafka& kafka = app.transport.kafka;
    const auto brokers = section.text("brokers");
    if (brokers && !are_brokers(brokers->value)) {
        section.mistake(*brokers, "\"brokers\" must be HOST:PORT, or several with commas, not " +
                                      in_quotes(brokers->value));
    }
    kafka.brokers = brokers ? brokers->value : "";
    kafka.topic = text_with_parts(section, "topic", app.name, {"resource"});
    kafka.key = text_with_parts(section, "key", "<key>", {"key", "resource", "source"});
    kafka.body = json_with_parts(section, "body", message_parts(app));
    kafka.foreign = section.choice<std::string>("foreign", "", {{"record", "record"}});
    kafka.partitions = static_cast<int>(section.integer("partitions", 1, 1, 1000));
    kafka.options = section.map("options");
    section.done();
    return brokers;
}

// ---- which -----------------------------------------------------------------------------------

TransportKind chosen(const Section& section, const std::optional<Text>& use, Use wanted,
                     const std::optional<Text>& brokers, const std::optional<Text>& address) {
    const bool kafka = brokers && !brokers->value.empty();
    const bool rabbitmq = address && !address->value.empty();
    switch (wanted) {
        case Use::automatic:
            if (kafka && rabbitmq) {
                section.mistake(*address,
                                "there are a Kafka broker and a RabbitMQ: [transport] use must say "
                                "which one (TRANSPORT)");
            }
            return kafka      ? TransportKind::kafka
                   : rabbitmq ? TransportKind::rabbitmq
                              : TransportKind::direct;
        case Use::kafka:
            if (!kafka)
                section.mistake(*use, "there is no Kafka broker: [transport.kafka] brokers");
            return TransportKind::kafka;
        case Use::rabbitmq:
            if (!rabbitmq) section.mistake(*use, "there is no RabbitMQ: [transport.rabbitmq] url");
            return TransportKind::rabbitmq;
        case Use::direct:
            break;
    }
    return TransportKind::direct;
}

}  // namespace

void read_transport(Section& top, App& app) {
    auto section = top.section("transport", "[transport]");
    if (!section) return;
    const auto use = section->text("use");
    const Use fallback = section->has("use") ? Use::direct : Use::automatic;
    const Use wanted = section->choice<Use>("use", fallback, uses);
    std::optional<Text> brokers;
    std::optional<Text> address;
    if (auto kafka = section->section("kafka", "[transport.kafka]")) {
        brokers = read_kafka(*kafka, app);
    }
    if (auto rabbitmq = section->section("rabbitmq", "[transport.rabbitmq]")) {
        address = read_rabbitmq(*rabbitmq, app);
    }
    app.transport.use = chosen(*section, use, wanted, brokers, address);
    const bool has_queues = !app.transport.rabbitmq.queues.empty();
    if (app.transport.use == TransportKind::rabbitmq && has_queues && app.nodes.size() > 1 &&
        address) {
        refuse_unbuilt(section->scope(), Unbuilt::change_queues, *address,
                       "remove [[transport.rabbitmq.queues]]");
    }
    section->done();
}

void read_stacks(Section& top, App& app) {
    const Toml* stacks = top.find("stack");
    if (!stacks) return;
    if (!stacks->is(Toml::Kind::table)) {
        top.mistake(stacks->at, "\"stack\" must be a table: [stack.full]");
        return;
    }
    for (const auto& [name, value] : stacks->members) {
        if (!value.is(Toml::Kind::table)) {
            top.mistake(value.at,
                        in_quotes(name.name) + " must be a table: [stack." + name.name + ']');
            continue;
        }
        Section section{value, "[stack." + name.name + ']', top.scope()};
        Stack stack;
        stack.store = section.choice<std::string>(
            "store", "sqlite", {{"sqlite", "sqlite"}, {"postgresql", "postgresql"}});
        stack.transport = section.choice<std::string>(
            "transport", "direct",
            {{"direct", "direct"}, {"kafka", "kafka"}, {"rabbitmq", "rabbitmq"}});
        const auto port = [&section](const char* key, std::int64_t usual) {
            return static_cast<std::uint16_t>(section.integer(key, usual, 1, 65000));
        };
        stack.postgresql_port = port("postgresql_port", stack.postgresql_port);
        stack.kafka_port = port("kafka_port", stack.kafka_port);
        stack.rabbitmq_port = port("rabbitmq_port", stack.rabbitmq_port);
        stack.rabbitmq_management_port =
            port("rabbitmq_management_port", stack.rabbitmq_management_port);
        section.done();
        app.stacks.emplace(name.name, std::move(stack));
    }
}

}  // namespace reef::config
