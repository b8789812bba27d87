// The exchange and the queues through which messages travel. What is there is left as it is: it may
// have other arguments and further bindings. On a connection's own thread.
#pragma once

#include "brokers/rabbitmq/connection.hpp"

namespace reef::brokers::rabbitmq {

// A durable queue that gets only what is sent to it by name. Returns how many messages are there.
Result<std::uint64_t> need_queue(Connection& connection, const std::string& name);
// The same; where it has a binding, the exchange brings messages there. With an exchange of the
// broker's own ("amq.…") too.
Result<std::uint64_t> need_bound_queue(Connection& connection, const std::string& exchange,
                                       const RabbitmqQueue& queue);

}  // namespace reef::brokers::rabbitmq
