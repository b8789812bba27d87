#include "brokers/rabbitmq/bytes.hpp"

#include <amqp_framing.h>

#include <algorithm>

namespace reef::brokers::rabbitmq {

namespace {

constexpr std::uint64_t seconds_max = std::uint64_t{1} << 40;

std::optional<std::string> text_of_value(const amqp_field_value_t& field) {
    switch (field.kind) {
        case AMQP_FIELD_KIND_UTF8:
        case AMQP_FIELD_KIND_BYTES:
            return text_of(field.value.bytes);
        case AMQP_FIELD_KIND_BOOLEAN:
            return field.value.boolean ? "true" : "false";
        case AMQP_FIELD_KIND_I8:
            return std::to_string(field.value.i8);
        case AMQP_FIELD_KIND_U8:
            return std::to_string(field.value.u8);
        case AMQP_FIELD_KIND_I16:
            return std::to_string(field.value.i16);
        case AMQP_FIELD_KIND_U16:
            return std::to_string(field.value.u16);
        case AMQP_FIELD_KIND_I32:
            return std::to_string(field.value.i32);
        case AMQP_FIELD_KIND_U32:
            return std::to_string(field.value.u32);
        case AMQP_FIELD_KIND_I64:
            return std::to_string(field.value.i64);
        case AMQP_FIELD_KIND_U64:
        case AMQP_FIELD_KIND_TIMESTAMP:
            return std::to_string(field.value.u64);
        default:
            return std::nullopt;
    }
}

}  // namespace

Message message_of(const amqp_message_t& read) {
    Message message;
    message.body = text_of(read.body);
    const amqp_basic_properties_t& said = read.properties;
    if (said._flags & AMQP_BASIC_MESSAGE_ID_FLAG) message.key = text_of(said.message_id);
    if (said._flags & AMQP_BASIC_TIMESTAMP_FLAG) {
        message.time_ms = static_cast<std::int64_t>(std::min(said.timestamp, seconds_max)) * 1000;
    }
    if (!(said._flags & AMQP_BASIC_HEADERS_FLAG)) return message;
    for (int i = 0; i < said.headers.num_entries; ++i) {
        const amqp_table_entry_t& header = said.headers.entries[i];
        if (auto text = text_of_value(header.value)) {
            message.headers.emplace_back(text_of(header.key), std::move(*text));
        }
    }
    return message;
}

}  // namespace reef::brokers::rabbitmq
