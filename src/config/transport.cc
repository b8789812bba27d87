#include "config/transport.hpp"

#include <algorithm>

#include "base/text/uri.hpp"
#include "config/template.hpp"
#include "config/unbuilt.hpp"

namespace reef::config {

namespace {

enum class Use : std::uint8_t { automatic, direct, kafka, rabbitmq };

const Choices<Use> uses{{"auto", Use::automatic},
                        {"direct", Use::direct},
                        {"kafka", Use::kafka},
                        {"rabbitmq", Use::rabbitmq}};

using Parts = std::vector<std::string>;

// What a message can say; kept headers as <header.NAME>.
Parts message_parts(const App& app) {
    Parts parts{"record", "key",    "known_key", "resource", "one",   "past",       "version",
                "source", "target", "path",      "method",   "input", "local_time", "time"};
    for (const api::KeptHeader& header : app.api.headers) {
        if (header.keep) parts.push_back("header." + header.name);
    }
    return parts;
}

std::string text_with_parts(Section& section, const std::string& name, std::string fallback,
                            const Parts& allowed) {
    const auto text = section.text(name);
    if (!text) return fallback;
    check_parts(section.scope(), *text, allowed);
    return text->value;
}

std::string json_with_parts(Section& section, const std::string& name, const Parts& allowed) {
    const auto text = section.text(name);
    if (!text || text->value.empty()) return "";
    check_json_parts(section.scope(), name, *text, allowed);
    return text->value;
}

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

// ---- rabbitmq --------------------------------------------------------------------------------

// RABBITMQ_HOST and its like: the parts of a URL, read when there is a host.
std::optional<Text> url_of_parts(Section& section) {
    auto host = section.text("host");
    const auto port = section.integer("port", 5672, 1, 65535);
    const std::string user = section.text_or("user", "guest");
    const std::string password = section.text_or("password", "guest");
    const std::string virtual_host = section.text_or("virtual_host", "/");
    if (!host || host->value.empty()) return std::nullopt;
    const Endpoint endpoint{host->value, static_cast<std::uint16_t>(port)};
    if (!parse_endpoint(to_text(endpoint))) {
        section.mistake(*host,
                        "\"host\" must be a host's name or address, not " + in_quotes(host->value));
    }
    host->value = "amqp://" + percent_encode(user) + ':' + percent_encode(password) + '@' +
                  to_text(endpoint) + '/' + percent_encode(virtual_host);
    return host;
}

void read_queues(Section& section, App& app) {
    auto queues = section.sections("queues", "[[transport.rabbitmq.queues]]");
    for (Section& queue : queues) {
        Queue read;
        if (const auto name = queue.needed("name")) {
            check_parts(queue.scope(), *name, {"resource", "one"});
            read.name = name->value;
        }
        static const Parts kinds{"create", "update", "delete"};
        for (const Text& kind : queue.texts("when")) {
            if (std::find(kinds.begin(), kinds.end(), kind.value) == kinds.end()) {
                queue.mistake(kind, "\"when\" is made of " + one_of(kinds) + ", not " +
                                        in_quotes(kind.value) + did_you_mean(kind.value, kinds));
            }
            read.when.push_back(kind.value);
        }
        if (!queue.has("when")) queue.mistake(queue.at(), "a queue needs \"when\": [\"create\"]");
        read.body = json_with_parts(queue, "body", message_parts(app));
        queue.done();
        app.transport.rabbitmq.queues.push_back(std::move(read));
    }
}

// Refuses the settings of messages and queues, which have no effect without RabbitMQ. The file may
// name the broker's address: as long as it is empty it does not choose RabbitMQ.
void refuse_message_settings(Section& section) {
    for (const char* name : {"exchange", "queue", "dead", "routing_key", "headers", "body",
                             "foreign", "retries", "queues"}) {
        if (const Toml* given = section.find(name)) {
            refuse_unbuilt(section.scope(), Unbuilt::rabbitmq, given->at,
                           "remove " + in_quotes(name));
        }
    }
}

// The text that chooses RabbitMQ.
std::optional<Text> read_rabbitmq(Section& section, App& app) {
    Rabbitmq& rabbitmq = app.transport.rabbitmq;
    auto url = section.text("url");
    const auto parts = url_of_parts(section);
    if (url && !url->value.empty()) {
        const bool good = url->value.starts_with("amqp://") || url->value.starts_with("amqps://");
        if (!good) section.mistake(*url, "\"url\" must be amqp://user:password@host:5672/vhost");
    } else if (parts) {
        url = parts;
    }
    rabbitmq.url = url ? url->value : "";
    const Parts message = message_parts(app);
    rabbitmq.exchange = section.text_or("exchange", "");
    rabbitmq.queue = text_with_parts(section, "queue", "", {"node"});
    rabbitmq.dead = text_with_parts(section, "dead", "", {"node"});
    rabbitmq.routing_key = text_with_parts(section, "routing_key", "",
                                           {"source", "target", "resource", "one", "past"});
    rabbitmq.body = json_with_parts(section, "body", message);
    rabbitmq.foreign = section.choice<std::string>("foreign", "", {{"call", "call"}});
    rabbitmq.retries = static_cast<int>(section.integer("retries", 3, 0, 100));
    rabbitmq.headers = section.map("headers");
    if (const Toml* headers = section.find("headers")) {
        for (const auto& [name, value] : headers->members) {
            check_parts(section.scope(), {rabbitmq.headers[name.name], value.at}, message);
        }
    }
    read_queues(section, app);
    refuse_message_settings(section);
    section.done();
    return url;
}

// ---- which -----------------------------------------------------------------------------------

TransportKind chosen(const Section& section, const std::optional<Text>& use, Use wanted,
                     const std::optional<Text>& brokers, const std::optional<Text>& url) {
    const bool kafka = brokers && !brokers->value.empty();
    const bool rabbitmq = url && !url->value.empty();
    switch (wanted) {
        case Use::automatic:
            if (rabbitmq) refuse_unbuilt(section.scope(), Unbuilt::rabbitmq, *url, "remove it");
            return kafka      ? TransportKind::kafka
                   : rabbitmq ? TransportKind::rabbitmq
                              : TransportKind::direct;
        case Use::kafka:
            if (!kafka)
                section.mistake(*use, "there is no Kafka broker: [transport.kafka] brokers");
            return TransportKind::kafka;
        case Use::rabbitmq:
            refuse_unbuilt(section.scope(), Unbuilt::rabbitmq, *use,
                           R"(write "auto", "direct" or "kafka")");
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
    std::optional<Text> url;
    if (auto kafka = section->section("kafka", "[transport.kafka]")) {
        brokers = read_kafka(*kafka, app);
    }
    if (auto rabbitmq = section->section("rabbitmq", "[transport.rabbitmq]")) {
        url = read_rabbitmq(*rabbitmq, app);
    }
    app.transport.use = chosen(*section, use, wanted, brokers, url);
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
        if (stack.transport == "rabbitmq") {
            refuse_unbuilt(section.scope(), Unbuilt::rabbitmq, *section.text("transport"),
                           R"(write "direct" or "kafka")");
        }
        const auto port = [&section](const char* key, std::int64_t usual) {
            return static_cast<std::uint16_t>(section.integer(key, usual, 1, 65000));
        };
        stack.postgresql_port = port("postgresql_port", stack.postgresql_port);
        stack.kafka_port = port("kafka_port", stack.kafka_port);
        section.done();
        app.stacks.emplace(name.name, std::move(stack));
    }
}

}  // namespace reef::config
