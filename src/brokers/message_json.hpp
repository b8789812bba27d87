// A broker's message as one JSON document, as dead letters keep it: {"topic":…,"key":…,"body":…,
// "headers":[[name, value]]}. What is no UTF-8 stands in hexadecimal, as {"hex":"…"}.
#pragma once

#include <string>
#include <string_view>

#include "brokers/broker.hpp"

namespace reef::brokers {

std::string message_json(const Message& message);
Result<Message> parse_message(std::string_view json);

// Dead letters that are messages: "message/property-updates.0", and the offset.
inline constexpr std::string_view message_letter = "message/";

}  // namespace reef::brokers
