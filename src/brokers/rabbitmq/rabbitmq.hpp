// RabbitMQ as the broker, on librabbitmq. Its calls block, so there are two connections, one to
// publish and one to consume, each on a thread of its own; nothing blocks on the executor.
//
// Where nodes exchange changes, every node has a queue, bound to one topic exchange. Where a node
// stands alone among other programs, it reads and fills queues without one. Whoever publishes
// declares the queues of all targets first, so that a node that never ran finds its messages, and
// publishes `mandatory`: a message that no queue takes comes back instead of being lost. Queues
// that exist are taken as they are, whatever their arguments and further bindings.
//
// A publish is done when the broker has confirmed every message. What one queue refuses (it is
// full, or may not be made) is tried again a few times and then passed over, if other queues took
// theirs: one node's queue does not keep the others waiting, and that node asks the peers.
//
// A message leaves the queue when it is acknowledged and cannot be read again. So a node with
// RabbitMQ must be able to ask its peers for what was lost there.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "brokers/broker.hpp"

namespace reef::brokers {

struct RabbitmqQueue {
    std::string name;
    // "*.B": which routing keys of the exchange bring messages here; "": what is sent to it by
    // name.
    std::string binding;
};

struct RabbitmqOptions {
    std::string host;
    std::uint16_t port = 5672;
    std::string user, password, virtual_host;
    bool tls = false;
    std::string ca_file;                     // "": those that the machine trusts
    std::string certificate_file, key_file;  // with which this client shows who it is; "": none
    int heartbeat_seconds = 20;
    std::string client;  // how the broker names these connections
    std::string exchange;
    std::vector<RabbitmqQueue> queues;             // that this node reads
    std::map<std::string, RabbitmqQueue> targets;  // the queues of all other nodes, by node
    std::uint16_t prefetch = 1000;                 // given and not acknowledged, of each queue
};

// Feeds and sinks end before it.
std::unique_ptr<Broker> make_rabbitmq(RabbitmqOptions options);

}  // namespace reef::brokers
