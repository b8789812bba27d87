// What a product must do to be the broker between nodes: take messages (Sink), and give back what
// was sent, in order (BrokerFeed). Kafka and RabbitMQ do it. All of it lives on one executor, and
// nothing blocks there.
//
// The reader decides that a message is done, one by one, when the store has what it says: only the
// reader knows that. The feed decides how the broker is told. RabbitMQ takes each message off its
// queue by itself, so one that has to wait keeps no other one there. Kafka knows only how far a
// reader has come, so its feed tells it so far as everything is done. The publisher has no part in
// this: its log is the queue, and it waits until a piece of it is confirmed as a whole.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/task.hpp"
#include "model/vector.hpp"

namespace reef::brokers {

// What a message carries beside its body: the change itself, for Atoll nodes. A message without it
// comes from another program.
inline constexpr const char* change_header = "atoll-change";
inline constexpr const char* sign_header = "atoll-sign";  // of the change (change_signer.hpp)
inline constexpr const char* trace_header = "traceparent";
// Says the row's vector in a message that is for other programs alone: it carries no change.
inline constexpr const char* joined_header = "atoll-joined";

struct Message {
    std::string topic;               // RabbitMQ: the routing key
    std::optional<std::string> key;  // RabbitMQ: the message's id
    std::string body;
    std::vector<std::pair<std::string, std::string>> headers;
    std::int64_t time_ms = 0;  // since 1970; 0: not said
    bool is_json = true;       // the body
    // The node that it is for, where each has a queue of its own. "": for all that read the topic;
    // in RabbitMQ the topic is then the name of a queue.
    std::string target = {};

    const std::string* header(std::string_view name) const;  // the last of that name
};

// What came, and where it lay: "property-updates.0" and 345 name it as long as the topic lives. In
// RabbitMQ the place is a queue. It numbers nothing, so the offset is a hash of the message, the
// same when it comes again.
struct Arrived {
    Message message;
    std::string place;
    std::uint64_t offset = 0;
    std::uint64_t mark = 0;  // 1, 2, 3, … of each feed
    bool again = true;       // it may have been given before
};

class BrokerFeed {
public:
    virtual ~BrokerFeed() = default;
    // What has come since, at least one. unavailable: the feed is of no more use. While the broker
    // itself is away it waits.
    virtual Task<std::vector<Arrived>> next() = 0;
    // What came with these marks is done and need not come again. Each mark is said once. Called
    // now and then, also without any: the broker is told with some delay.
    virtual void acknowledge(const std::vector<std::uint64_t>& marks) = 0;
    // Whether it gives nothing on until something is acknowledged.
    virtual bool is_full() const = 0;
    // A next() that waits returns `closed`.
    virtual void interrupt() = 0;
    // Whether everything that lay there when the feed began has been given on.
    virtual bool has_read_all() const = 0;
};

// By place, the highest offset of what was confirmed.
using Ends = model::Position;

class Sink {
public:
    virtual ~Sink() = default;
    // Sends them in this order; returns when the broker has confirmed them all. unavailable: some
    // of them may be there; send them again. One call at a time.
    virtual Task<Ends> publish(std::vector<Message> messages) = 0;
    // How many bytes a message's headers may have, names and values.
    virtual std::size_t header_bytes_max() const = 0;
};

class Broker {
public:
    virtual ~Broker() = default;
    // Sends to these topics, which it makes where they are missing.
    virtual std::unique_ptr<Sink> open_sink(std::vector<std::string> topics) = 0;
    // Begins behind what this node has acknowledged, in this life or an earlier one; with
    // `from_start` with the oldest that is there. unavailable: the broker or the topic is away.
    virtual Task<std::unique_ptr<BrokerFeed>> open_feed(bool from_start) = 0;
    // Whether messages stay there after they were acknowledged: so that reading can begin anew, and
    // so that what one reader passes over is there for others.
    virtual bool keeps_messages() const = 0;
};

}  // namespace reef::brokers
