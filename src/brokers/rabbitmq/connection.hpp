// One connection with RabbitMQ. Every call blocks and comes from one thread; only what
// ConnectionSlot offers may be called from another one. An error is always `unavailable` and means
// that the connection is of no more use, unless it is said otherwise.
#pragma once

#include <amqp.h>

#include <atomic>
#include <chrono>
#include <mutex>
#include <optional>
#include <variant>

#include "brokers/rabbitmq/rabbitmq.hpp"

namespace reef::brokers::rabbitmq {

struct Confirmed {  // or refused
    std::uint64_t tag = 0;
    bool all_up_to = false;
    bool taken = false;
};

struct Returned {  // no queue took it; its confirm follows
    std::string routing_key;
    std::string message_id;
    std::string reason;
};

struct Delivered {
    std::uint64_t tag = 0;  // 1, 2, 3, … of this connection
    std::string queue;
    bool again = false;  // it may have been delivered before
    Message message;     // its topic is the routing key
};

using Event = std::variant<Confirmed, Returned, Delivered>;

// An event descriptor on which another thread wakes the one that waits for a connection.
class Wake {
public:
    Wake();
    ~Wake();
    Wake(const Wake&) = delete;
    Wake& operator=(const Wake&) = delete;

    void notify();
    void wait(std::chrono::milliseconds timeout) const;
    void clear();
    int descriptor() const { return descriptor_; }

private:
    const int descriptor_;
};

class Connection {
public:
    explicit Connection(const RabbitmqOptions& options);  // not open yet
    ~Connection();                                        // says good-bye if it still can
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    // The first call. `purpose` goes into its name, which the broker shows people.
    Result<void> open(const RabbitmqOptions& options, const std::string& purpose);

    // On a channel of their own. False: there is none of that name; the connection goes on.
    Result<bool> has_exchange(const std::string& name);
    Result<bool> has_queue(const std::string& name, std::uint64_t& messages);
    Result<void> make_exchange(const std::string& name);  // durable, of topics
    Result<void> make_queue(const std::string& name);     // durable, without arguments
    Result<void> bind(const std::string& queue, const std::string& exchange,
                      const std::string& key);

    // They open the channel for messages.
    Result<void> publishes();
    Result<void> consumes(const std::vector<RabbitmqQueue>& queues, std::uint16_t prefetch);

    // The k-th message of this connection is confirmed under the tag k.
    Result<void> publish(const std::string& exchange, const Message& message);
    Result<void> acknowledge(std::uint64_t tag, bool all_up_to);
    // Absent: nothing came within the timeout, or before `wake` was notified.
    Result<std::optional<Event>> next(const Wake& wake, std::chrono::milliseconds timeout);
    // Keeps the broker from taking this client for dead, where nothing is read for a while.
    Result<void> beat();

    // How many bytes the headers of a message may have.
    std::size_t header_bytes_max() const;

    // From any thread: whoever waits in a call gets an error, at once when the broker was reached.
    void break_off();

private:
    Result<void> reach(const RabbitmqOptions& options);
    Result<void> log_in(const RabbitmqOptions& options, const std::string& purpose);
    Result<void> open_channel();
    Result<void> open_topology();
    Result<bool> exists(const amqp_rpc_reply_t& reply, const std::string& what);
    Result<void> check(const amqp_rpc_reply_t& reply, const std::string& what);
    Result<void> check_status(int status, const std::string& what);
    Result<std::optional<Event>> event_in(const amqp_frame_t& frame);
    Result<std::optional<Event>> method_in(const amqp_method_t& method);
    Result<Message> content();
    bool is_woken(const Wake& wake, std::chrono::milliseconds timeout) const;

    const amqp_connection_state_t state_;
    const std::string broker_;  // for people: "RabbitMQ at mq:5672"
    amqp_channel_t last_channel_ = 0;
    amqp_channel_t channel_ = 0;    // for messages; 0: none is open
    amqp_channel_t topology_ = 0;   // for declaring and binding; the same
    std::atomic<int> socket_ = -1;  // a copy: librabbitmq closes its own whenever it wants to
    bool broken_ = true;            // it cannot say good-bye: not open yet, or an error came
    bool told_blocked_ = false;
};

// The connection that a thread uses, where others can break it off.
class ConnectionSlot {
public:
    // False: it was closed for good; the connection must not be used.
    bool put(Connection* connection);
    void take() { static_cast<void>(put(nullptr)); }
    void close();
    bool is_closed() const;

private:
    mutable std::mutex mutex_;
    Connection* connection_ = nullptr;
    bool closed_ = false;
};

}  // namespace reef::brokers::rabbitmq
