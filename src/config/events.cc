#include "config/events.hpp"

#include <algorithm>

namespace reef::config {

namespace {

using api::BrokerKind;
using api::EventChannel;
using model::Resource;
using model::WriteKind;

const std::vector<WriteKind> all_kinds{WriteKind::create, WriteKind::update, WriteKind::remove};

// "property-updates" → "propertyUpdates"
std::string camel_case(std::string_view text) {
    std::string name;
    bool begins = false;
    for (const char c : text) {
        const bool lower = c >= 'a' && c <= 'z';
        const bool word = lower || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (word) name += static_cast<char>(lower && begins ? c - 32 : c);
        begins = !word && !name.empty();
    }
    return name;
}

std::string replaced(std::string text, std::string_view part, const std::string& by) {
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at)) {
        text.replace(at, part.size(), by);
        at += by.size();
    }
    return text;
}

// One for each topic. A topic may be named after a resource, and may be the same for several.
void add_kafka(const App& app, std::vector<EventChannel>& channels) {
    const Kafka& kafka = app.transport.kafka;
    if (kafka.topic.empty()) return;  // the file has no [transport.kafka]
    for (const Resource& resource : app.schema.resources) {
        const std::string topic = replaced(kafka.topic, "<resource>", resource.name);
        auto at = std::find_if(channels.begin(), channels.end(),
                               [&](const EventChannel& other) { return other.address == topic; });
        if (at == channels.end()) {
            EventChannel channel;
            channel.broker = BrokerKind::kafka;
            channel.name = camel_case(topic);
            channel.address = topic;
            channel.key = kafka.key;
            channel.body = kafka.body;
            channel.kinds = all_kinds;
            channel.adopts = kafka.foreign == "record" && !app.foreign_nodes().empty();
            at = channels.insert(at, std::move(channel));
        }
        at->resources.push_back(resource.id);
    }
}

// One for each queue, where queues get some changes only.
void add_change_queues(const App& app, std::vector<EventChannel>& channels) {
    for (const ChangeQueue& queue : app.transport.rabbitmq.queues) {
        for (const Resource& resource : app.schema.resources) {
            EventChannel channel;
            channel.broker = BrokerKind::rabbitmq;
            channel.address = replaced(queue.name, "<resource>", resource.name);
            channel.address = replaced(channel.address, "<one>", resource.one);
            channel.name = camel_case(channel.address);
            channel.body = queue.body;
            for (const auto& [name, pattern] : app.transport.rabbitmq.headers)
                channel.headers.push_back({name, pattern});
            channel.resources = {resource.id};
            channel.kinds = queue.when;
            channel.adopts = true;
            channel.as_shown = true;
            channels.push_back(std::move(channel));
        }
    }
}

// One for all messages: the routing key says for whom each is.
void add_rabbitmq(const App& app, std::vector<EventChannel>& channels) {
    const Rabbitmq& rabbitmq = app.transport.rabbitmq;
    if (!rabbitmq.queues.empty()) return add_change_queues(app, channels);
    if (rabbitmq.queue.empty()) return;
    EventChannel channel;
    channel.broker = BrokerKind::rabbitmq;
    channel.name = camel_case(rabbitmq.exchange);
    channel.description = "Each " + app.api.nodes_are + " reads a queue of its own, " +
                          replaced(rabbitmq.queue, "<node>", "{target}") + '.';
    channel.address = rabbitmq.routing_key;
    channel.exchange = rabbitmq.exchange;
    channel.body = rabbitmq.body;
    for (const auto& [name, pattern] : rabbitmq.headers)
        channel.headers.push_back({name, pattern});
    for (const Resource& resource : app.schema.resources)
        channel.resources.push_back(resource.id);
    channel.kinds = all_kinds;
    channel.adopts = rabbitmq.foreign == "call" && !app.foreign_nodes().empty();
    channels.push_back(std::move(channel));
}

}  // namespace

std::vector<EventChannel> event_channels(const App& app) {
    std::vector<EventChannel> channels;
    add_kafka(app, channels);
    add_rabbitmq(app, channels);
    return channels;
}

}  // namespace reef::config
