// A Kafka broker of a fleet's own: one node in KRaft mode, on this machine alone.
#pragma once

#include "fleet/backing_service.hpp"

namespace reef::fleet {

struct KafkaOptions {
    std::string program;  // this binary: its tree's build/kafka has the jars
    std::string topic;    // that people are shown
    std::string data;     // the fleet's folder
    std::uint16_t port = 0, controller_port = 0;
};

// unavailable: Java or Kafka is not installed.
Result<BackingService> kafka_service(const KafkaOptions& options);

}  // namespace reef::fleet
