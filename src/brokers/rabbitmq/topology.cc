#include "brokers/rabbitmq/topology.hpp"

#include "base/log.hpp"

namespace reef::brokers::rabbitmq {

namespace {

Result<void> need_exchange(Connection& connection, const std::string& name) {
    const auto there = connection.has_exchange(name);
    if (!there) return there.error();
    if (*there) return {};
    if (auto made = connection.make_exchange(name); !made) return made;
    log::info("Made an exchange", {{"exchange", name}});
    return {};
}

}  // namespace

Result<std::uint64_t> need_queue(Connection& connection, const std::string& name) {
    std::uint64_t messages = 0;
    const auto there = connection.has_queue(name, messages);
    if (!there) return there.error();
    if (*there) return messages;
    if (auto made = connection.make_queue(name); !made) return made.error();
    log::info("Made a queue", {{"queue", name}});
    return messages;
}

Result<std::uint64_t> need_bound_queue(Connection& connection, const std::string& exchange,
                                       const RabbitmqQueue& queue) {
    if (queue.binding.empty()) return need_queue(connection, queue.name);
    if (auto there = need_exchange(connection, exchange); !there) return there.error();
    auto messages = need_queue(connection, queue.name);
    if (!messages) return messages;
    if (auto bound = connection.bind(queue.name, exchange, queue.binding); !bound) {
        return bound.error();
    }
    return messages;
}

}  // namespace reef::brokers::rabbitmq
