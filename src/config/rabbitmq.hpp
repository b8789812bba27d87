// [transport.rabbitmq].
#pragma once

#include "config/section.hpp"

namespace reef::config {

// "amqp://user:password@host:5672/virtual-host?heartbeat=20", or amqps://. What is left out is what
// RabbitMQ's clients take: guest, guest, 5672 (5671 with TLS), "/". Absent: it is none.
std::optional<RabbitmqAddress> parse_amqp_url(std::string_view url);

// Reads into app.transport.rabbitmq. Returns the text that chooses RabbitMQ: an address.
std::optional<Text> read_rabbitmq(Section& section, App& app);

}  // namespace reef::config
