// A RabbitMQ that the fleet runs for its app, with an epmd of its own: the shared one on port 4369
// would outlive it. Reachable from this machine only.
#pragma once

#include "fleet/backing_service.hpp"

namespace reef::fleet {

struct RabbitmqOptions {
    std::string data;  // the fleet's folder
    std::uint16_t port = 0, management_port = 0;
    std::uint16_t distribution_port = 0, epmd_port = 0;  // between its own processes
};

// unavailable: RabbitMQ is not installed.
Result<BackingService> rabbitmq_service(const RabbitmqOptions& options);

}  // namespace reef::fleet
