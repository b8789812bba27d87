#include "brokers/kafka/kafka.hpp"

#include "brokers/kafka/group.hpp"

namespace reef::brokers {

namespace {

class Kafka final : public Broker {
public:
    Kafka(KafkaOptions options, asio::any_io_executor executor)
        : options_(std::move(options)), executor_(std::move(executor)) {
        closing_.start();
    }

    std::unique_ptr<Sink> open_sink(std::vector<std::string> topics) override {
        return kafka::make_sink(options_, std::move(topics), closing_, executor_);
    }

    Task<std::unique_ptr<BrokerFeed>> open_feed(bool from_start) override {
        if (from_start) known_.clear();
        kafka::FeedParts parts{options_, group_, known_, from_start, closing_, executor_};
        auto feed = co_await kafka::open_feed(std::move(parts));
        co_return feed;
    }

    bool keeps_messages() const override { return true; }

private:
    const KafkaOptions options_;
    const asio::any_io_executor executor_;
    kafka::Offsets known_;
    Worker closing_{"kafka"};
    kafka::Group group_{options_, closing_};
};

}  // namespace

Result<void> check_kafka(const KafkaOptions& options) {
    for (const auto type : {RD_KAFKA_PRODUCER, RD_KAFKA_CONSUMER}) {
        if (const auto conf = kafka::make_conf(type, options); !conf) return conf.error();
    }
    return {};
}

std::unique_ptr<Broker> make_kafka(KafkaOptions options, asio::any_io_executor executor) {
    return std::make_unique<Kafka>(std::move(options), std::move(executor));
}

}  // namespace reef::brokers
