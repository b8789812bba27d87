// The app's AsyncAPI 3.0 document: the messages that it sends through its brokers, for programs
// that know nothing of Atoll.
#pragma once

#include <string>
#include <vector>

#include "api/surface.hpp"
#include "model/change.hpp"

namespace reef::api {

enum class BrokerKind : std::uint8_t { kafka, rabbitmq };

struct EventHeader {
    std::string name;
    std::string pattern;  // with <parts>, as the body
};

// Where messages of some resources go. The app file's texts, with their <parts>.
struct EventChannel {
    BrokerKind broker = BrokerKind::kafka;
    std::string name;  // of the channel in the document: "propertyUpdates"
    std::string description = {};
    std::string address;   // Kafka's topic, RabbitMQ's routing key
    std::string exchange;  // RabbitMQ: the topic exchange; "": the queue that the address names
    std::string key;       // Kafka: the key of a message
    std::string body;      // "": the change in Atoll's own form
    std::vector<EventHeader> headers;
    std::vector<model::ResourceId> resources;
    std::vector<model::WriteKind> kinds;
    bool adopts = false;  // messages of other programs are taken, too
    // A record is as the API's answers show it; a body that is another part alone is text.
    bool as_shown = false;
};

std::string asyncapi_json(const model::Schema& schema, const Api& api,
                          const std::vector<EventChannel>& channels);

}  // namespace reef::api
