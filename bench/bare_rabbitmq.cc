// What a RabbitMQ carries here at the most: one publisher, which waits for confirms with a window
// as Atoll's does, and a consumer for each of three queues, which acknowledges every message by
// itself. The messages are persistent and as long as those of a write. Nothing is stored, decided
// or checked. Prints the seconds from the first message until the last acknowledgement, as JSON.
#include <amqp.h>
#include <amqp_tcp_socket.h>

#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

namespace {

constexpr amqp_channel_t channel = 1;
constexpr std::uint64_t window_messages = 300;  // as src/brokers/rabbitmq/sink.cc has it
constexpr std::uint16_t prefetch = 1000;        // as rabbitmq.hpp
const char* const exchange = "bare_events";
const char* const targets[] = {"B", "C", "D"};

struct Wanted {
    int port = 0;
    std::uint64_t writes = 0;
    std::size_t body_bytes = 0;
    std::size_t header_bytes = 0;
};

[[noreturn]] void fail(const char* what) {
    std::fprintf(stderr, "bare-rabbitmq: %s\n", what);
    std::exit(1);
}

void check(const amqp_rpc_reply_t& reply, const char* what) {
    if (reply.reply_type != AMQP_RESPONSE_NORMAL) fail(what);
}

class Connection {
public:
    explicit Connection(int port) : state_(amqp_new_connection()) {
        amqp_socket_t* socket = amqp_tcp_socket_new(state_);
        if (!socket || amqp_socket_open(socket, "127.0.0.1", port) != 0) fail("it does not answer");
        check(amqp_login(state_, "/", 0, 131072, 0, AMQP_SASL_METHOD_PLAIN, "guest", "guest"),
              "it lets nobody in");
        amqp_channel_open(state_, channel);
        check(amqp_get_rpc_reply(state_), "no channel");
    }
    ~Connection() { amqp_destroy_connection(state_); }
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    amqp_connection_state_t get() const { return state_; }

private:
    amqp_connection_state_t state_;
};

std::string queue_of(const char* target) {
    return std::string{"bare_"} + target;
}

amqp_bytes_t bytes(const std::string& text) {
    return {text.size(), const_cast<char*>(text.data())};
}

void make_queues(const Connection& connection) {
    const auto state = connection.get();
    amqp_exchange_declare(state, channel, amqp_cstring_bytes(exchange), amqp_cstring_bytes("topic"),
                          0, 1, 0, 0, amqp_empty_table);
    check(amqp_get_rpc_reply(state), "no exchange");
    for (const char* target : targets) {
        const std::string queue = queue_of(target);
        const std::string key = std::string{"*."} + target;
        amqp_queue_declare(state, channel, bytes(queue), 0, 1, 0, 0, amqp_empty_table);
        check(amqp_get_rpc_reply(state), "no queue");
        amqp_queue_bind(state, channel, bytes(queue), amqp_cstring_bytes(exchange), bytes(key),
                        amqp_empty_table);
        check(amqp_get_rpc_reply(state), "no binding");
    }
}

// The next method frame; what comes with it is of no interest.
amqp_frame_t next_method(amqp_connection_state_t state) {
    for (;;) {
        amqp_frame_t frame;
        if (amqp_simple_wait_frame(state, &frame) != AMQP_STATUS_OK) fail("the connection ended");
        amqp_maybe_release_buffers(state);
        if (frame.frame_type == AMQP_FRAME_METHOD) return frame;
    }
}

void wait_for_confirms(amqp_connection_state_t state, std::uint64_t& confirmed) {
    const amqp_frame_t frame = next_method(state);
    if (frame.payload.method.id != AMQP_BASIC_ACK_METHOD) fail("a message was refused");
    confirmed = static_cast<amqp_basic_ack_t*>(frame.payload.method.decoded)->delivery_tag;
}

void publish_all(const Wanted& wanted) {
    const Connection connection{wanted.port};
    const auto state = connection.get();
    amqp_confirm_select(state, channel);
    check(amqp_get_rpc_reply(state), "it confirms nothing");
    const std::string body(wanted.body_bytes, 'b');
    const std::string change(wanted.header_bytes, 'h');
    amqp_table_entry_t header{};
    header.key = amqp_cstring_bytes("atoll-change");
    header.value.kind = AMQP_FIELD_KIND_UTF8;
    header.value.value.bytes = bytes(change);
    amqp_basic_properties_t properties{};
    properties._flags = AMQP_BASIC_DELIVERY_MODE_FLAG | AMQP_BASIC_HEADERS_FLAG;
    properties.delivery_mode = 2;
    properties.headers = {1, &header};
    std::uint64_t sent = 0;
    std::uint64_t confirmed = 0;
    for (std::uint64_t write = 0; write < wanted.writes; ++write) {
        for (const char* target : targets) {
            while (sent - confirmed >= window_messages)
                wait_for_confirms(state, confirmed);
            const std::string key = std::string{"A."} + target;
            const int status = amqp_basic_publish(state, channel, amqp_cstring_bytes(exchange),
                                                  bytes(key), 1, 0, &properties, bytes(body));
            if (status != AMQP_STATUS_OK) fail("the connection ended");
            ++sent;
        }
    }
    while (confirmed < sent)
        wait_for_confirms(state, confirmed);
}

void consume(const Wanted& wanted, const char* target) {
    const Connection connection{wanted.port};
    const auto state = connection.get();
    amqp_basic_qos(state, channel, 0, prefetch, 0);
    check(amqp_get_rpc_reply(state), "no prefetch");
    const std::string queue = queue_of(target);
    amqp_basic_consume(state, channel, bytes(queue), amqp_empty_bytes, 0, 0, 0, amqp_empty_table);
    check(amqp_get_rpc_reply(state), "it cannot be read");
    for (std::uint64_t read = 0; read < wanted.writes; ++read) {
        amqp_envelope_t envelope;
        amqp_maybe_release_buffers(state);
        check(amqp_consume_message(state, &envelope, nullptr, 0), "reading ended");
        amqp_basic_ack(state, channel, envelope.delivery_tag, 0);
        amqp_destroy_envelope(&envelope);
    }
    amqp_channel_close(state, channel, AMQP_REPLY_SUCCESS);  // behind the last acknowledgement
}

template <class Number>
Number number(const char* text) {
    Number read{};
    const char* end = text + std::strlen(text);
    const auto result = std::from_chars(text, end, read);
    if (result.ec != std::errc{} || result.ptr != end) fail("that is no number");
    return read;
}

}  // namespace

int main(int count, char** values) {
    if (count != 5) fail("usage: bare-rabbitmq PORT WRITES BODY_BYTES HEADER_BYTES");
    const Wanted wanted{number<int>(values[1]), number<std::uint64_t>(values[2]),
                        number<std::size_t>(values[3]), number<std::size_t>(values[4])};
    {
        const Connection connection{wanted.port};
        make_queues(connection);
    }
    const auto begun = std::chrono::steady_clock::now();
    std::vector<std::jthread> consumers;
    for (const char* target : targets)
        consumers.emplace_back([&wanted, target] { consume(wanted, target); });
    publish_all(wanted);
    consumers.clear();  // they have ended
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
    std::printf("{\"seconds\": %.6f}\n", took.count());
    return 0;
}
