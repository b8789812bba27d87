// A broker between the nodes, as RabbitMQ is one: each node has a queue, and a message leaves it
// when the node has acknowledged it. Messages are lost and come twice, a confirmation does not
// arrive, the broker is away for a while; then what was given and not acknowledged lies in its
// place again.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "brokers/broker.hpp"
#include "network.hpp"

namespace reef::simulation {

class Queues {
public:
    Queues(World& world, std::uint64_t seed);

    // The ends of `owner`; they live no longer than its life.
    std::unique_ptr<brokers::Broker> broker(Node& owner);

    void set_away(bool away);
    bool away() const { return away_; }
    void heal();  // it is there, and loses nothing any more
    Random& random() { return random_; }

    struct Publishing;  // a piece under way, and who waits for its confirmation
    struct Reading;     // one node's feed

    // ---- for the ends --------------------------------------------------------------------------
    void take(const std::shared_ptr<Publishing>& publishing);
    void open(const std::shared_ptr<Reading>& reading);
    void close(const std::shared_ptr<Reading>& reading);
    std::vector<brokers::Arrived> give(Reading& reading);
    void acknowledge(const std::shared_ptr<Reading>& reading, std::vector<std::uint64_t> marks);
    std::size_t header_bytes_max() const { return header_bytes_max_; }

private:
    struct Lying {
        std::shared_ptr<const brokers::Message> message;
        std::uint64_t number = 0;
        bool given = false;
    };
    using Queue = std::deque<Lying>;

    Nanoseconds latency() { return random_.between(Nanoseconds{100'000}, latency_max_); }
    bool chance(std::size_t percent) { return !healed_ && random_.percent(percent); }
    void put(brokers::Message message);
    void return_given(Reading& reading);
    void forget(const std::string& node, std::uint64_t number);

    World& world_;
    Random random_;
    const Nanoseconds latency_max_;
    const std::size_t header_bytes_max_;  // some changes go by their names
    bool away_ = false;
    bool healed_ = false;
    std::uint64_t numbers_ = 0;
    std::map<std::string, Queue> queues_;
    std::map<std::string, std::weak_ptr<Reading>> readings_;
};

}  // namespace reef::simulation
