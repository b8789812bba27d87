// Between librabbitmq's bytes and ours.
#pragma once

#include <amqp.h>

#include <string>

#include "brokers/broker.hpp"

namespace reef::brokers::rabbitmq {

// Points into the text.
inline amqp_bytes_t bytes_of(const std::string& text) {
    // NOLINTNEXTLINE: librabbitmq takes what is not changed as not const
    return {text.size(), const_cast<char*>(text.data())};
}

inline std::string text_of(const amqp_bytes_t& bytes) {
    return bytes.bytes ? std::string{static_cast<const char*>(bytes.bytes), bytes.len}
                       : std::string{};
}

// Its topic is not said. A header that is no text, number or truth value is left out.
Message message_of(const amqp_message_t& read);

}  // namespace reef::brokers::rabbitmq
