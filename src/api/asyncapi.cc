#include "api/asyncapi.hpp"

#include <array>

#include "api/event_schema.hpp"
#include "api/json_schema.hpp"
#include "api/operations.hpp"
#include "base/text/json_object.hpp"
#include "base/text/template.hpp"

#ifndef ATOLL_VERSION
#define ATOLL_VERSION "0"
#endif

namespace reef::api {

using namespace model;

namespace {

constexpr std::string_view change_header_schema =
    R"({"type":"string","description":"The change itself, for nodes of Atoll. A message without )"
    R"(it is another program's."})";
constexpr std::string_view trace_header_schema =
    R"({"type":"string","description":"W3C trace context, where the request had one."})";

class EventDocument {
public:
    EventDocument(const Schema& schema, const Api& api) : schema_(schema), api_(api) {}

    void add(const EventChannel& channel) {
        JsonObject messages;
        std::vector<std::string> names;
        for (const ResourceId id : channel.resources) {
            for (const WriteKind write : channel.kinds) {
                const EventKind kind{schema_, schema_[id], api_, write, channel.as_shown};
                names.push_back(message_name(kind));
                messages.put(names.back(), message_json(channel, kind));
            }
            add_row({schema_, schema_[id], api_, WriteKind::create, channel.as_shown});
        }
        channels_.put(channel.name, channel_json(channel, messages));
        add_operation("send", channel, names);
        if (channel.adopts) add_operation("receive", channel, names);
    }

    std::string json() const {
        return JsonObject{}
            .put_text("asyncapi", "3.0.0")
            .put("info", info_json())
            .put_text("defaultContentType", "application/json")
            .put("channels", channels_.json())
            .put("operations", operations_.json())
            .put("components", JsonObject{}.put("schemas", schemas_.json()).json())
            .json();
    }

private:
    std::string info_json() const {
        return JsonObject{}
            .put_text("title", api_.app)
            .put_text("version", ATOLL_VERSION)
            .put_text("description",
                      "What is told of every write that took effect, in the order of the writes of "
                      "a record. A message may come more than once.")
            .json();
    }

    // "shipmentCreated"
    std::string message_name(const EventKind& kind) const {
        std::string name = type_name(schema_, kind.resource);
        if (!name.empty() && name[0] >= 'A' && name[0] <= 'Z')
            name[0] = static_cast<char>(name[0] + 32);
        static constexpr std::array past{"Created", "Updated", "Deleted"};
        return name + (kind.write == WriteKind::create   ? past[0]
                       : kind.write == WriteKind::update ? past[1]
                                                         : past[2]);
    }

    std::string headers_json(const EventChannel& channel, const EventKind& kind) const {
        JsonObject properties;
        for (const EventHeader& header : channel.headers)
            properties.put(header.name, event_text_schema(kind, header.pattern));
        properties.put("atoll-change", change_header_schema);
        properties.put("traceparent", trace_header_schema);
        return JsonObject{}.put_text("type", "object").put("properties", properties.json()).json();
    }

    std::string message_json(const EventChannel& channel, const EventKind& kind) const {
        static constexpr std::array what{"A new ", "A change of a ", "The deletion of a "};
        const std::string_view begin = kind.write == WriteKind::create   ? what[0]
                                       : kind.write == WriteKind::update ? what[1]
                                                                         : what[2];
        JsonObject message;
        message.put_text("name", message_name(kind))
            .put_text("title", std::string{begin} + kind.resource.one)
            .put_text("contentType",
                      is_text_body(kind, channel.body) ? "text/plain" : "application/json")
            .put("headers", headers_json(channel, kind))
            .put("payload", event_body_schema(kind, channel.body));
        if (channel.broker == BrokerKind::kafka) {
            const std::string key = event_text_schema(kind, channel.key);
            const std::string binding =
                JsonObject{}.put("key", key).put_text("bindingVersion", "0.5.0").json();
            message.put("bindings", JsonObject{}.put("kafka", binding).json());
        }
        return message.json();
    }

    void add_row(const EventKind& kind) {
        const std::string name = event_row_name(kind);
        if (rows_.find('<' + name + '>') != std::string::npos) return;
        rows_ += '<' + name + '>';
        schemas_.put(name, event_row_schema(kind));
    }

    // "<source>.<target>" is the address "{source}.{target}" with two parameters.
    std::string parameters_json(const std::string& address) const {
        const Template pattern{address, Template::Form::text};
        JsonObject parameters;
        for (const Template::Piece& piece : pattern.pieces()) {
            if (piece.part.empty()) continue;
            JsonObject parameter;
            if (piece.part == "source" || piece.part == "target")
                parameter.put("enum", json_texts(api_.nodes));
            parameter.put_text("description", description_of(piece.part));
            parameters.put(piece.part, parameter.json());
        }
        return parameters.empty() ? "" : parameters.json();
    }

    std::string description_of(std::string_view part) const {
        if (part == "source") return "The " + api_.nodes_are + " that wrote.";
        if (part == "target") return "The " + api_.nodes_are + " that the message is for.";
        if (part == "resource") return "The kind of record.";
        return "See docs/app-file.md.";
    }

    static std::string address_of(const std::string& text) {
        const Template pattern{text, Template::Form::text};
        std::string address;
        for (const Template::Piece& piece : pattern.pieces())
            address += piece.text + (piece.part.empty() ? "" : '{' + piece.part + '}');
        return address;
    }

    std::string channel_json(const EventChannel& channel, const JsonObject& messages) const {
        JsonObject json;
        json.put_text("address", address_of(channel.address));
        if (!channel.description.empty()) json.put_text("description", channel.description);
        json.put("messages", messages.json());
        const std::string parameters = parameters_json(channel.address);
        if (!parameters.empty()) json.put("parameters", parameters);
        return json.put("bindings", channel_bindings(channel)).json();
    }

    static std::string channel_bindings(const EventChannel& channel) {
        if (channel.broker == BrokerKind::kafka) {
            const std::string kafka = JsonObject{}
                                          .put_text("topic", address_of(channel.address))
                                          .put_text("bindingVersion", "0.5.0")
                                          .json();
            return JsonObject{}.put("kafka", kafka).json();
        }
        JsonObject amqp;
        if (channel.exchange.empty()) {
            const std::string queue = JsonObject{}
                                          .put_text("name", address_of(channel.address))
                                          .put("durable", "true")
                                          .put("exclusive", "false")
                                          .put("autoDelete", "false")
                                          .json();
            amqp.put_text("is", "queue").put("queue", queue);
        } else {
            const std::string exchange = JsonObject{}
                                             .put_text("name", channel.exchange)
                                             .put_text("type", "topic")
                                             .put("durable", "true")
                                             .put("autoDelete", "false")
                                             .json();
            amqp.put_text("is", "routingKey").put("exchange", exchange);
        }
        amqp.put_text("bindingVersion", "0.3.0");
        return JsonObject{}.put("amqp", amqp.json()).json();
    }

    void add_operation(const std::string& action, const EventChannel& channel,
                       const std::vector<std::string>& names) {
        const std::string at = "#/channels/" + channel.name;
        std::vector<std::string> messages;
        for (const std::string& name : names)
            messages.push_back(JsonObject{}.put_text("$ref", at + "/messages/" + name).json());
        JsonObject operation;
        operation.put_text("action", action)
            .put("channel", JsonObject{}.put_text("$ref", at).json())
            .put_text("summary", action == "send" ? "What took effect here."
                                                  : "What other programs have written.")
            .put("messages", json_array(messages));
        if (channel.broker == BrokerKind::rabbitmq && action == "send") {
            operation.put(
                "bindings",
                R"({"amqp":{"deliveryMode":2,"mandatory":true,"bindingVersion":"0.3.0"}})");
        }
        std::string name = channel.name;
        if (!name.empty() && name[0] >= 'a' && name[0] <= 'z')
            name[0] = static_cast<char>(name[0] - 32);
        operations_.put(action + name, operation.json());
    }

    const Schema& schema_;
    const Api& api_;
    JsonObject channels_;
    JsonObject operations_;
    JsonObject schemas_;
    std::string rows_;  // names of schemas that are there
};

}  // namespace

std::string asyncapi_json(const Schema& schema, const Api& api,
                          const std::vector<EventChannel>& channels) {
    EventDocument document{schema, api};
    for (const EventChannel& channel : channels)
        document.add(channel);
    return document.json();
}

}  // namespace reef::api
