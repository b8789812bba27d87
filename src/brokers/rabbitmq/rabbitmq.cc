#include "brokers/rabbitmq/rabbitmq.hpp"

#include "brokers/rabbitmq/sides.hpp"

namespace reef::brokers {

namespace {

class Rabbitmq final : public Broker {
public:
    explicit Rabbitmq(RabbitmqOptions options)
        : publishing_(std::move(options)), consuming_(publishing_.options()) {}

    std::unique_ptr<Sink> open_sink(std::vector<std::string> topics) override {
        return publishing_.open_sink(std::move(topics));
    }

    Task<std::unique_ptr<BrokerFeed>> open_feed(bool) override {
        auto feed = co_await consuming_.open_feed();
        co_return feed;
    }

    bool keeps_messages() const override { return false; }

private:
    rabbitmq::Publishing publishing_;
    rabbitmq::Consuming consuming_;
};

}  // namespace

std::unique_ptr<Broker> make_rabbitmq(RabbitmqOptions options) {
    return std::make_unique<Rabbitmq>(std::move(options));
}

}  // namespace reef::brokers
