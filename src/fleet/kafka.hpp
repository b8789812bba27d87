// A Kafka broker that the fleet runs for its app: one node in KRaft mode, reachable from this
// machine only.
#pragma once

#include "fleet/backing_service.hpp"

namespace reef::fleet {

struct KafkaOptions {
    std::string program;  // this binary: the jars are in build/kafka of the same checkout
    std::string topic;    // the topic that the printed command shows
    std::string data;     // the fleet's folder
    std::uint16_t port = 0, controller_port = 0;
};

// unavailable: Java or Kafka is not installed.
Result<BackingService> kafka_service(const KafkaOptions& options);

}  // namespace reef::fleet
