#include "brokers/rabbitmq/connection.hpp"

#include <amqp_framing.h>
#include <amqp_ssl_socket.h>
#include <amqp_tcp_socket.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <new>

#include "base/log.hpp"
#include "brokers/rabbitmq/bytes.hpp"

namespace reef::brokers::rabbitmq {

namespace {

constexpr timeval answer_timeout{10, 0};
constexpr timeval connect_timeout{5, 0};
constexpr int frame_bytes_max = AMQP_DEFAULT_FRAME_SIZE;  // what RabbitMQ offers, too
// Of a frame with a message's properties: what stands there beside its headers' names and values.
constexpr std::size_t bytes_beside_headers = 1024;
constexpr const char* trusted_by_machine = "/etc/ssl/certs/ca-certificates.crt";
constexpr const char* topic_exchange = "topic";

// What a server said when it closed a channel or the connection.
std::string reason_in(const amqp_method_t& method) {
    if (method.id == AMQP_CONNECTION_CLOSE_METHOD) {
        return text_of(static_cast<amqp_connection_close_t*>(method.decoded)->reply_text);
    }
    if (method.id == AMQP_CHANNEL_CLOSE_METHOD) {
        return text_of(static_cast<amqp_channel_close_t*>(method.decoded)->reply_text);
    }
    if (method.id == AMQP_BASIC_CANCEL_METHOD) return "the queue was deleted";
    return "an unexpected answer";
}

bool closes_channel(const amqp_rpc_reply_t& reply, int& code) {
    const bool closes = reply.reply_type == AMQP_RESPONSE_SERVER_EXCEPTION &&
                        reply.reply.id == AMQP_CHANNEL_CLOSE_METHOD;
    if (closes) code = static_cast<amqp_channel_close_t*>(reply.reply.decoded)->reply_code;
    return closes;
}

amqp_table_entry_t entry(const char* name, amqp_boolean_t on) {
    amqp_table_entry_t made{};
    made.key = amqp_cstring_bytes(name);
    made.value.kind = AMQP_FIELD_KIND_BOOLEAN;
    made.value.value.boolean = on;
    return made;
}

template <std::size_t n>
amqp_table_t table_of(std::array<amqp_table_entry_t, n>& entries) {
    return {static_cast<int>(n), entries.data()};
}

}  // namespace

// ---- waking ----------------------------------------------------------------------------------

Wake::Wake() : descriptor_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {}

Wake::~Wake() {
    ::close(descriptor_);
}

void Wake::notify() {
    const std::uint64_t one = 1;
    static_cast<void>(!::write(descriptor_, &one, sizeof one));  // it cannot be too full to wake
}

void Wake::clear() {
    std::uint64_t count = 0;
    static_cast<void>(!::read(descriptor_, &count, sizeof count));
}

void Wake::wait(std::chrono::milliseconds timeout) const {
    pollfd wakes{descriptor_, POLLIN, 0};
    ::poll(&wakes, 1, static_cast<int>(timeout.count()));
}

bool ConnectionSlot::put(Connection* connection) {
    const std::lock_guard lock{mutex_};
    connection_ = connection;
    return !closed_;
}

void ConnectionSlot::close() {
    const std::lock_guard lock{mutex_};
    closed_ = true;
    if (connection_) connection_->break_off();
}

bool ConnectionSlot::is_closed() const {
    const std::lock_guard lock{mutex_};
    return closed_;
}

// ---- opening and closing ---------------------------------------------------------------------

Connection::Connection(const RabbitmqOptions& options)
    : state_(amqp_new_connection()),
      broker_("RabbitMQ at " + options.host + ':' + std::to_string(options.port)) {
    if (!state_) throw std::bad_alloc{};
}

Connection::~Connection() {
    if (!broken_) amqp_connection_close(state_, AMQP_REPLY_SUCCESS);
    amqp_destroy_connection(state_);
    if (socket_ >= 0) ::close(socket_);
}

void Connection::break_off() {
    const int socket = socket_;
    if (socket >= 0) ::shutdown(socket, SHUT_RDWR);
}

Result<void> Connection::open(const RabbitmqOptions& options, const std::string& purpose) {
    auto opened = reach(options);
    if (opened) opened = log_in(options, purpose);
    broken_ = !opened;
    return opened;
}

Result<void> Connection::reach(const RabbitmqOptions& options) {
    amqp_socket_t* socket = options.tls ? amqp_ssl_socket_new(state_) : amqp_tcp_socket_new(state_);
    if (!socket) return Error{Errc::unavailable, broker_ + ": no socket can be made"};
    if (options.tls) {
        const std::string& given = options.ca_file;
        const std::string trusted = given.empty() ? trusted_by_machine : given;
        auto set = check_status(amqp_ssl_socket_set_cacert(socket, trusted.c_str()),
                                "its CA file " + trusted);
        if (!set) return set;
        if (!options.certificate_file.empty()) {
            const int status = amqp_ssl_socket_set_key(socket, options.certificate_file.c_str(),
                                                       options.key_file.c_str());
            set = check_status(status, "the certificate " + options.certificate_file);
            if (!set) return set;
        }
    }
    amqp_set_handshake_timeout(state_, &answer_timeout);
    amqp_set_rpc_timeout(state_, &answer_timeout);
    const int opened =
        amqp_socket_open_noblock(socket, options.host.c_str(), options.port, &connect_timeout);
    if (auto good = check_status(opened, "it cannot be reached"); !good) return good;
    socket_ = fcntl(amqp_get_sockfd(state_), F_DUPFD_CLOEXEC, 0);
    return {};
}

Result<void> Connection::log_in(const RabbitmqOptions& options, const std::string& purpose) {
    std::array<amqp_table_entry_t, 2> able{entry("connection.blocked", 1),
                                           entry("consumer_cancel_notify", 1)};
    const std::string name = options.client + ' ' + purpose;
    std::array<amqp_table_entry_t, 2> said{};
    said[0].key = amqp_cstring_bytes("capabilities");
    said[0].value.kind = AMQP_FIELD_KIND_TABLE;
    said[0].value.value.table = table_of(able);
    said[1].key = amqp_cstring_bytes("connection_name");
    said[1].value.kind = AMQP_FIELD_KIND_UTF8;
    said[1].value.value.bytes = bytes_of(name);
    const amqp_table_t properties = table_of(said);
    const auto reply = amqp_login_with_properties(
        state_, options.virtual_host.c_str(), 0, frame_bytes_max, options.heartbeat_seconds,
        &properties, AMQP_SASL_METHOD_PLAIN, options.user.c_str(), options.password.c_str());
    const bool refused = reply.reply_type == AMQP_RESPONSE_SERVER_EXCEPTION;
    return check(reply, refused ? "it does not let the user \"" + options.user +
                                      "\" into the virtual host \"" + options.virtual_host + '"'
                                : "it ends the connection at once");
}

Result<void> Connection::check(const amqp_rpc_reply_t& reply, const std::string& what) {
    switch (reply.reply_type) {
        case AMQP_RESPONSE_NORMAL:
            return {};
        case AMQP_RESPONSE_LIBRARY_EXCEPTION:
            return check_status(reply.library_error, what);
        case AMQP_RESPONSE_SERVER_EXCEPTION:
            broken_ = true;
            return Error{Errc::unavailable, broker_ + ": " + what + ": " + reason_in(reply.reply)};
        default:
            broken_ = true;
            return Error{Errc::unavailable, broker_ + ": " + what + ": it gave no answer"};
    }
}

Result<void> Connection::check_status(int status, const std::string& what) {
    if (status == AMQP_STATUS_OK) return {};
    broken_ = true;
    return Error{Errc::unavailable, broker_ + ": " + what + ": " + amqp_error_string2(status)};
}

// ---- exchange and queues ---------------------------------------------------------------------

// A channel that the server has closed cannot be used again: the next one has another number.
Result<void> Connection::open_topology() {
    if (topology_ != 0) return {};
    topology_ = ++last_channel_;
    amqp_channel_open(state_, topology_);
    return check(amqp_get_rpc_reply(state_), "no channel can be opened");
}

// What is not there closes the channel, and no more.
Result<bool> Connection::exists(const amqp_rpc_reply_t& reply, const std::string& what) {
    int code = 0;
    if (closes_channel(reply, code) && code == AMQP_NOT_FOUND) {
        amqp_channel_close_ok_t ok{};
        const int sent = amqp_send_method(state_, topology_, AMQP_CHANNEL_CLOSE_OK_METHOD, &ok);
        topology_ = 0;
        if (auto good = check_status(sent, what); !good) return good.error();
        return false;
    }
    if (auto good = check(reply, what); !good) return good.error();
    return true;
}

Result<bool> Connection::has_exchange(const std::string& name) {
    if (auto opened = open_topology(); !opened) return opened.error();
    amqp_exchange_declare(state_, topology_, bytes_of(name), amqp_cstring_bytes(topic_exchange), 1,
                          1, 0, 0, amqp_empty_table);
    return exists(amqp_get_rpc_reply(state_), "the exchange " + name);
}

Result<bool> Connection::has_queue(const std::string& name, std::uint64_t& messages) {
    if (auto opened = open_topology(); !opened) return opened.error();
    const auto* answer =
        amqp_queue_declare(state_, topology_, bytes_of(name), 1, 1, 0, 0, amqp_empty_table);
    messages = answer ? answer->message_count : 0;
    return exists(amqp_get_rpc_reply(state_), "the queue " + name);
}

Result<void> Connection::make_exchange(const std::string& name) {
    if (auto opened = open_topology(); !opened) return opened.error();
    amqp_exchange_declare(state_, topology_, bytes_of(name), amqp_cstring_bytes(topic_exchange), 0,
                          1, 0, 0, amqp_empty_table);
    return check(amqp_get_rpc_reply(state_), "the exchange " + name + " cannot be made");
}

Result<void> Connection::make_queue(const std::string& name) {
    if (auto opened = open_topology(); !opened) return opened.error();
    amqp_queue_declare(state_, topology_, bytes_of(name), 0, 1, 0, 0, amqp_empty_table);
    return check(amqp_get_rpc_reply(state_), "the queue " + name + " cannot be made");
}

Result<void> Connection::bind(const std::string& queue, const std::string& exchange,
                              const std::string& key) {
    if (auto opened = open_topology(); !opened) return opened.error();
    amqp_queue_bind(state_, topology_, bytes_of(queue), bytes_of(exchange), bytes_of(key),
                    amqp_empty_table);
    return check(amqp_get_rpc_reply(state_), "the queue " + queue + " cannot be bound");
}

// ---- messages --------------------------------------------------------------------------------

Result<void> Connection::open_channel() {
    channel_ = ++last_channel_;
    amqp_channel_open(state_, channel_);
    return check(amqp_get_rpc_reply(state_), "no channel can be opened");
}

Result<void> Connection::publishes() {
    if (auto opened = open_channel(); !opened) return opened;
    amqp_confirm_select(state_, channel_);
    return check(amqp_get_rpc_reply(state_), "it confirms nothing");
}

// Each message comes with its consumer's tag, which is the queue's name.
Result<void> Connection::consumes(const std::vector<RabbitmqQueue>& queues,
                                  std::uint16_t prefetch) {
    if (auto opened = open_channel(); !opened) return opened;
    amqp_basic_qos(state_, channel_, 0, prefetch, 0);
    if (auto set = check(amqp_get_rpc_reply(state_), "its prefetch"); !set) return set;
    for (const RabbitmqQueue& queue : queues) {
        amqp_basic_consume(state_, channel_, bytes_of(queue.name), bytes_of(queue.name), 0, 0, 0,
                           amqp_empty_table);
        auto read =
            check(amqp_get_rpc_reply(state_), "the queue " + queue.name + " cannot be read");
        if (!read) return read;
    }
    return {};
}

std::size_t Connection::header_bytes_max() const {
    return static_cast<std::size_t>(amqp_get_frame_max(state_)) - bytes_beside_headers;
}

Result<void> Connection::publish(const std::string& exchange, const Message& message) {
    std::vector<amqp_table_entry_t> headers;
    for (const auto& [name, value] : message.headers) {
        amqp_table_entry_t header{};
        header.key = bytes_of(name);
        header.value.kind = AMQP_FIELD_KIND_UTF8;
        header.value.value.bytes = bytes_of(value);
        headers.push_back(header);
    }
    amqp_basic_properties_t said{};
    said._flags =
        AMQP_BASIC_CONTENT_TYPE_FLAG | AMQP_BASIC_DELIVERY_MODE_FLAG | AMQP_BASIC_HEADERS_FLAG;
    said.content_type = amqp_cstring_bytes(message.is_json ? "application/json" : "text/plain");
    said.delivery_mode = AMQP_DELIVERY_PERSISTENT;
    said.headers = {static_cast<int>(headers.size()), headers.data()};
    if (message.key) {
        said._flags |= AMQP_BASIC_MESSAGE_ID_FLAG;
        said.message_id = bytes_of(*message.key);
    }
    if (message.time_ms > 0) {
        said._flags |= AMQP_BASIC_TIMESTAMP_FLAG;
        said.timestamp = static_cast<std::uint64_t>(message.time_ms) / 1000;
    }
    constexpr amqp_boolean_t mandatory = 1;
    const int sent =
        amqp_basic_publish(state_, channel_, bytes_of(exchange), bytes_of(message.topic), mandatory,
                           0, &said, bytes_of(message.body));
    return check_status(sent, "a message cannot be sent");
}

Result<void> Connection::acknowledge(std::uint64_t tag, bool all_up_to) {
    return check_status(amqp_basic_ack(state_, channel_, tag, all_up_to ? 1 : 0),
                        "a message cannot be acknowledged");
}

Result<void> Connection::beat() {
    amqp_frame_t beat{};
    beat.frame_type = AMQP_FRAME_HEARTBEAT;
    return check_status(amqp_send_frame(state_, &beat), "it takes no heartbeat");
}

// True if `wake` was notified before anything came.
bool Connection::is_woken(const Wake& wake, std::chrono::milliseconds timeout) const {
    if (amqp_frames_enqueued(state_) || amqp_data_in_buffer(state_)) return false;
    std::array<pollfd, 2> watched{pollfd{amqp_get_sockfd(state_), POLLIN, 0},
                                  pollfd{wake.descriptor(), POLLIN, 0}};
    ::poll(watched.data(), watched.size(), static_cast<int>(timeout.count()));
    return watched[0].revents == 0 && watched[1].revents != 0;
}

Result<std::optional<Event>> Connection::next(const Wake& wake, std::chrono::milliseconds timeout) {
    for (;;) {
        amqp_maybe_release_buffers(state_);
        if (is_woken(wake, timeout)) return std::optional<Event>{};
        const timeval at_once{};
        amqp_frame_t frame{};
        const int status = amqp_simple_wait_frame_noblock(state_, &frame, &at_once);
        if (status == AMQP_STATUS_TIMEOUT) return std::optional<Event>{};  // heartbeats went out
        if (auto good = check_status(status, "the connection is lost"); !good) return good.error();
        auto event = event_in(frame);
        if (!event || *event) return event;
    }
}

Result<std::optional<Event>> Connection::event_in(const amqp_frame_t& frame) {
    if (frame.frame_type != AMQP_FRAME_METHOD) return std::optional<Event>{};
    const amqp_method_t& method = frame.payload.method;
    switch (method.id) {
        case AMQP_CONNECTION_BLOCKED_METHOD: {
            const auto* said = static_cast<amqp_connection_blocked_t*>(method.decoded);
            const bool told = std::exchange(told_blocked_, true);
            if (!told) {
                log::warn("RabbitMQ takes no messages for now: changes wait in the log",
                          {{"reason", text_of(said->reason)}});
            }
            return std::optional<Event>{};
        }
        case AMQP_CONNECTION_UNBLOCKED_METHOD:
            told_blocked_ = false;
            log::info("RabbitMQ takes messages again");
            return std::optional<Event>{};
        case AMQP_CONNECTION_CLOSE_METHOD:
        case AMQP_CHANNEL_CLOSE_METHOD:
        case AMQP_BASIC_CANCEL_METHOD:
            broken_ = method.id == AMQP_CONNECTION_CLOSE_METHOD;
            return Error{Errc::unavailable, broker_ + ": " + reason_in(method)};
        default:
            return method_in(method);
    }
}

Result<std::optional<Event>> Connection::method_in(const amqp_method_t& method) {
    switch (method.id) {
        case AMQP_BASIC_ACK_METHOD: {
            const auto* ack = static_cast<amqp_basic_ack_t*>(method.decoded);
            return std::optional<Event>{Confirmed{ack->delivery_tag, ack->multiple != 0, true}};
        }
        case AMQP_BASIC_NACK_METHOD: {
            const auto* nack = static_cast<amqp_basic_nack_t*>(method.decoded);
            return std::optional<Event>{Confirmed{nack->delivery_tag, nack->multiple != 0, false}};
        }
        case AMQP_BASIC_RETURN_METHOD: {
            const auto* said = static_cast<amqp_basic_return_t*>(method.decoded);
            Returned returned{text_of(said->routing_key), {}, text_of(said->reply_text)};
            auto message = content();
            if (!message) return message.error();
            returned.message_id = message->key.value_or("");
            return std::optional<Event>{std::move(returned)};
        }
        case AMQP_BASIC_DELIVER_METHOD: {
            const auto* said = static_cast<amqp_basic_deliver_t*>(method.decoded);
            Delivered delivered{
                said->delivery_tag, text_of(said->consumer_tag), said->redelivered != 0, {}};
            std::string key = text_of(said->routing_key);
            auto message = content();
            if (!message) return message.error();
            delivered.message = std::move(*message);
            delivered.message.topic = std::move(key);
            return std::optional<Event>{std::move(delivered)};
        }
        default:
            return std::optional<Event>{};
    }
}

// What follows a method that brings a message.
Result<Message> Connection::content() {
    amqp_message_t read{};
    if (auto good =
            check(amqp_read_message(state_, channel_, &read, 0), "a message cannot be read");
        !good) {
        return good.error();
    }
    Message message = message_of(read);
    amqp_destroy_message(&read);
    return message;
}

}  // namespace reef::brokers::rabbitmq
