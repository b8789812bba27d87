// The two sides of a node's link with RabbitMQ, each with a connection on a thread of its own.
// Their owner and its sinks and feeds live on one executor.
#pragma once

#include <atomic>
#include <boost/asio/steady_timer.hpp>
#include <set>

#include "base/worker.hpp"
#include "brokers/rabbitmq/topology.hpp"

namespace reef::brokers::rabbitmq {

// Sinks share one connection: their messages are sent one call after the other.
class Publishing {
public:
    explicit Publishing(RabbitmqOptions options);
    ~Publishing();  // breaks off what is under way

    const RabbitmqOptions& options() const { return options_; }
    // Declares these queues before it sends the first message, and the queues of all targets before
    // the first message for one.
    std::unique_ptr<Sink> open_sink(std::vector<std::string> queues);

private:
    class QueueSink;
    struct Call;
    struct Refused {
        std::size_t message = 0;  // its place in the call
        std::string reason;
    };
    struct Pending {  // sent and not confirmed
        std::size_t message = 0;
        std::string returned;  // why no queue took it
    };
    using PendingByTag = std::map<std::uint64_t, Pending>;

    // All of these on the thread.
    Result<Ends> publish(const Call& call);
    Result<void> need_connection();
    Result<void> need_queues(const Call& call);
    Result<Ends> send_all(const Call& call);
    Result<std::vector<Refused>> send(const Call& call, const std::vector<std::size_t>& which);
    Result<void> take_event(const Call& call, PendingByTag& pending, std::vector<Refused>& refused);
    static void take_return(const Call& call, const Returned& returned, PendingByTag& pending);
    bool is_known_to_refuse(const Call& call, const std::vector<Refused>& refused) const;
    void pass_over(const Call& call, const std::vector<Refused>& refused);
    void stay_connected();
    void lose_connection();

    const RabbitmqOptions options_;
    std::atomic<std::size_t> header_bytes_max_;  // of this connection, or of the last one
    ConnectionSlot slot_;
    Wake wake_;  // notified at the end
    std::unique_ptr<Connection> connection_;
    std::uint64_t tag_ = 0;         // of the last message of this connection
    std::set<std::string> queues_;  // that were found or made on this connection …
    bool has_targets_ = false;      // … and those of all targets
    // Targets whose queue took nothing: until then they are tried only once.
    std::map<std::string, std::chrono::steady_clock::time_point> refusing_;
    Worker worker_{"rabbit out"};
    asio::steady_timer look_;  // on the thread: the next time to see to an idle connection
};

// One feed at a time.
class Consuming {
public:
    explicit Consuming(const RabbitmqOptions& options);
    ~Consuming();  // breaks off what is under way

    // Returns when the queue is being read.
    Task<std::unique_ptr<BrokerFeed>> open_feed();

private:
    const RabbitmqOptions& options_;
    ConnectionSlot slot_;
    Worker worker_{"rabbit in"};
};

}  // namespace reef::brokers::rabbitmq
