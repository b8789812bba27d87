// Kafka as the broker, on librdkafka. What blocks there (closing, asking for metadata) happens on a
// thread of its own; what arrives wakes the executor through an event descriptor.
//
// The producer is idempotent and waits for all replicas: one node's changes lie in the topic in
// their order. The consumer assigns itself all partitions: a node is the only reader of its group,
// so that nobody's rebalance can hold it up, and offsets are kept in the group for its restart and
// for people to see. They are a hint: which changes are here, the store alone knows.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "brokers/broker.hpp"

namespace reef::brokers {

struct KafkaOptions {
    std::string brokers;  // "host:9092,other:9092"
    std::string client;   // how the broker's log names this node
    std::string group;
    std::vector<std::string> topics;  // that carry changes
    int partitions = 1;               // of a topic that is made
    std::int64_t retention_seconds = 7 * 24 * 3600;
    std::uint64_t message_bytes_max = 16 << 20;
    std::map<std::string, std::string> settings;  // of librdkafka; they go before ours
};

// invalid: a setting that librdkafka does not have or take.
Result<void> check_kafka(const KafkaOptions& options);

// Of options that were checked. Feeds and sinks end before it.
std::unique_ptr<Broker> make_kafka(KafkaOptions options, asio::any_io_executor executor);

}  // namespace reef::brokers
