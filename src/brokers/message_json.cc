#include "brokers/message_json.hpp"

#include "base/text/json.hpp"
#include "base/text/json_object.hpp"

namespace reef::brokers {

using namespace model;

namespace {

std::string hex_of(std::string_view bytes) {
    static constexpr char digits[] = "0123456789abcdef";
    std::string text;
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        text += digits[byte >> 4];
        text += digits[byte & 15];
    }
    return text;
}

std::string bytes_of(std::string_view hex) {
    const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
    std::string bytes;
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
        bytes += static_cast<char>(digit(hex[i]) * 16 + digit(hex[i + 1]));
    }
    return bytes;
}

// Whether this is UTF-8 is what the parser says, since it refuses everything else. PostgreSQL's
// text cannot hold U+0000.
std::string text_json(std::string_view bytes) {
    std::string json = json_text(bytes);
    const bool is_text = bytes.find('\0') == bytes.npos && parse_json(json).has_value();
    return is_text ? json : "{\"hex\":\"" + hex_of(bytes) + "\"}";
}

std::string read_text_json(const Json& json) {
    const Json* hex = json.find("hex");
    return hex ? bytes_of(hex->text) : json.text;
}

}  // namespace

std::string message_json(const Message& message) {
    std::vector<std::string> headers;
    for (const auto& [name, value] : message.headers)
        headers.push_back(json_array({text_json(name), text_json(value)}));
    JsonObject json;
    json.put_text("topic", message.topic);
    json.put("key", message.key ? text_json(*message.key) : "null");
    json.put("body", text_json(message.body));
    json.put("headers", json_array(headers));
    return json.json();
}

Result<Message> parse_message(std::string_view text) {
    const auto json = parse_json(text);
    if (!json) return json.error();
    const Json* topic = json->find("topic");
    const Json* key = json->find("key");
    const Json* body = json->find("body");
    const Json* headers = json->find("headers");
    if (!topic || !key || !body || !headers) {
        return Error{Errc::invalid, "a message lacks its topic, key, body or headers"};
    }
    Message message;
    message.topic = topic->text;
    if (!key->is(Json::Kind::null)) message.key = read_text_json(*key);
    message.body = read_text_json(*body);
    for (const Json& header : headers->items) {
        if (header.items.size() != 2) return Error{Errc::invalid, "a header is no pair"};
        message.headers.emplace_back(read_text_json(header.items[0]),
                                     read_text_json(header.items[1]));
    }
    return message;
}

}  // namespace reef::brokers
