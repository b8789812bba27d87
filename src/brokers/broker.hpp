// What a product must do to be the broker between nodes: take messages (Sink), and give back what
// was sent, in order (BrokerFeed). Kafka does it today. All of it lives on one executor, and
// nothing blocks there.
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
    std::string topic;
    std::optional<std::string> key;
    std::string body;
    std::vector<std::pair<std::string, std::string>> headers;
    std::int64_t time_ms = 0;  // since 1970; 0: not said

    const std::string* header(std::string_view name) const;  // the last of that name
};

// What came, and where it lay: "property-updates.0" and 345 name it as long as the topic lives.
struct Arrived {
    Message message;
    std::string place;
    std::uint64_t offset = 0;
    std::uint64_t mark = 0;  // rises with each message of one feed
};

class BrokerFeed {
public:
    virtual ~BrokerFeed() = default;
    // What has come since, at least one. unavailable: the feed is of no more use. While the broker
    // itself is away it waits.
    virtual Task<std::vector<Arrived>> next() = 0;
    // All that came up to this mark is durable here and need not come again. Said again now and
    // then, also when nothing has moved: the broker is told with some delay.
    virtual void acknowledge(std::uint64_t mark) = 0;
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
};

class Broker {
public:
    virtual ~Broker() = default;
    // Sends to these topics, which it makes where they are missing.
    virtual std::unique_ptr<Sink> open_sink(std::vector<std::string> topics) = 0;
    // Begins behind what this node has acknowledged, in this life or an earlier one; with
    // `from_start` with the oldest that is there. unavailable: the broker or the topic is away.
    virtual Task<std::unique_ptr<BrokerFeed>> open_feed(bool from_start) = 0;
};

}  // namespace reef::brokers
