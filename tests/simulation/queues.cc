#include "queues.hpp"

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "wire.hpp"

namespace reef::simulation {

using namespace std::chrono_literals;

namespace {

constexpr Nanoseconds confirm_max = 1s;
constexpr std::size_t piece = 8;
constexpr std::size_t window = 24;  // given and not acknowledged

}  // namespace

struct Queues::Publishing {
    Network::End client;
    std::vector<brokers::Message> messages;
    std::optional<Result<brokers::Ends>> answer;
    std::weak_ptr<asio::steady_timer> publisher;
};

struct Queues::Reading {
    Network::End client;
    std::map<std::uint64_t, std::uint64_t> given;  // by mark, the number of the message
    std::uint64_t marks = 0;
    bool open = true;
    bool interrupted = false;
    std::weak_ptr<asio::steady_timer> reader;
};

namespace {

asio::awaitable<void> wait(std::shared_ptr<asio::steady_timer> timer) {
    boost::system::error_code woken;
    co_await timer->async_wait(asio::redirect_error(asio::use_awaitable, woken));
}

class QueueSink final : public brokers::Sink {
public:
    QueueSink(Queues& queues, Node& owner) : queues_(queues), owner_(owner) {}

    Task<brokers::Ends> publish(std::vector<brokers::Message> messages) override {
        const auto publishing = std::make_shared<Queues::Publishing>();
        publishing->client = {&owner_, owner_.life()};
        publishing->messages = std::move(messages);
        const auto timer = owner_.clock().timer(owner_.context().get_executor(), confirm_max);
        publishing->publisher = timer;
        queues_.take(publishing);
        co_await wait(timer);
        if (publishing->answer) co_return *publishing->answer;
        publishing->answer.emplace(Error{Errc::timeout, "too late"});
        co_return Error{Errc::unavailable, "the broker confirms nothing"};
    }
    std::size_t header_bytes_max() const override { return queues_.header_bytes_max(); }

private:
    Queues& queues_;
    Node& owner_;
};

class QueueFeed final : public brokers::BrokerFeed {
public:
    QueueFeed(Queues& queues, std::shared_ptr<Queues::Reading> reading)
        : queues_(queues), reading_(std::move(reading)) {}
    ~QueueFeed() override { queues_.close(reading_); }

    Task<std::vector<brokers::Arrived>> next() override {
        for (;;) {
            if (reading_->interrupted) co_return Error{Errc::closed, "interrupted"};
            std::vector<brokers::Arrived> arrived = queues_.give(*reading_);
            if (!arrived.empty()) co_return arrived;
            Node& node = *reading_->client.node;
            const auto timer = node.clock().timer(node.context().get_executor(), 1s);
            reading_->reader = timer;
            co_await wait(timer);
        }
    }
    void acknowledge(const std::vector<std::uint64_t>& marks) override {
        queues_.acknowledge(reading_, marks);
    }
    bool is_full() const override { return reading_->given.size() >= window; }
    void interrupt() override {
        reading_->interrupted = true;
        wake(reading_->reader);
    }
    bool has_read_all() const override { return true; }  // nobody asks here

private:
    Queues& queues_;
    const std::shared_ptr<Queues::Reading> reading_;
};

class QueueBroker final : public brokers::Broker {
public:
    QueueBroker(Queues& queues, Node& owner) : queues_(queues), owner_(owner) {}

    std::unique_ptr<brokers::Sink> open_sink(std::vector<std::string>) override {
        return std::make_unique<QueueSink>(queues_, owner_);
    }
    Task<std::unique_ptr<brokers::BrokerFeed>> open_feed(bool) override {
        if (queues_.away()) co_return Error{Errc::unavailable, "the broker is away"};
        const auto reading = std::make_shared<Queues::Reading>();
        reading->client = {&owner_, owner_.life()};
        queues_.open(reading);
        co_return std::unique_ptr<brokers::BrokerFeed>{
            std::make_unique<QueueFeed>(queues_, reading)};
    }
    bool keeps_messages() const override { return false; }

private:
    Queues& queues_;
    Node& owner_;
};

}  // namespace

Queues::Queues(World& world, std::uint64_t seed)
    : world_(world),
      random_(seed),
      latency_max_(random_.between(1ms, 20ms)),
      header_bytes_max_(random_.percent(50) ? 1'000'000 : 700) {}

std::unique_ptr<brokers::Broker> Queues::broker(Node& owner) {
    return std::make_unique<QueueBroker>(*this, owner);
}

void Queues::set_away(bool away) {
    world_.trace(away ? "the broker goes" : "the broker is back");
    away_ = away;
    for (auto& [node, weak] : readings_) {
        const auto reading = weak.lock();
        if (!reading) continue;
        return_given(*reading);
        reading->client.run([reading] { wake(reading->reader); });
    }
}

void Queues::heal() {
    healed_ = true;
    if (away_) set_away(false);
}

// ---- what nodes send ---------------------------------------------------------------------------

// A link that breaks leaves the first of the messages there, and no confirmation.
void Queues::take(const std::shared_ptr<Publishing>& publishing) {
    world_.after(latency(), [this, publishing] {
        std::vector<brokers::Message>& messages = publishing->messages;
        const bool breaks = chance(3);
        const std::size_t count = away_    ? 0
                                  : breaks ? random_.below(messages.size() + 1)
                                           : messages.size();
        for (std::size_t i = 0; i < count; ++i)
            put(std::move(messages[i]));
        const bool confirmed = !away_ && !breaks;
        world_.after(latency(), [publishing, confirmed] {
            publishing->client.run([publishing, confirmed] {
                if (publishing->answer) return;  // it has given up
                if (confirmed) {
                    publishing->answer.emplace(brokers::Ends{});
                } else {
                    publishing->answer.emplace(Error{Errc::unavailable, "the link broke"});
                }
                wake(publishing->publisher);
            });
        });
    });
}

void Queues::put(brokers::Message message) {
    if (chance(3)) return;  // another program ate it
    const std::string node = message.target;
    const auto kept = std::make_shared<const brokers::Message>(std::move(message));
    for (int copies = chance(3) ? 2 : 1; copies > 0; --copies)
        queues_[node].push_back({kept, ++numbers_, false});
    const auto reading = readings_[node].lock();
    if (reading) reading->client.run([reading] { wake(reading->reader); });
}

// ---- what they get -----------------------------------------------------------------------------

void Queues::open(const std::shared_ptr<Reading>& reading) {
    readings_[reading->client.node->name()] = reading;
}

void Queues::close(const std::shared_ptr<Reading>& reading) {
    reading->open = false;
    return_given(*reading);
}

void Queues::return_given(Reading& reading) {
    const std::string& node = reading.client.node->name();
    for (Lying& lying : queues_[node]) {
        const auto same = [&lying](const auto& mark) { return mark.second == lying.number; };
        if (std::any_of(reading.given.begin(), reading.given.end(), same)) lying.given = false;
    }
    reading.given.clear();
}

std::vector<brokers::Arrived> Queues::give(Reading& reading) {
    std::vector<brokers::Arrived> arrived;
    if (away_ || !reading.open) return arrived;
    const std::string& node = reading.client.node->name();
    for (Lying& lying : queues_[node]) {
        if (arrived.size() == piece || reading.given.size() >= window) break;
        if (lying.given) continue;
        lying.given = true;
        reading.given.emplace(++reading.marks, lying.number);
        arrived.push_back({*lying.message, node, lying.number, reading.marks});
    }
    return arrived;
}

// Of a reading that has ended the messages are in their places again.
void Queues::acknowledge(const std::shared_ptr<Reading>& reading,
                         std::vector<std::uint64_t> marks) {
    if (marks.empty()) return;
    world_.after(latency(), [this, reading, marks = std::move(marks)] {
        for (const std::uint64_t mark : marks) {
            const auto given = reading->given.find(mark);
            if (given == reading->given.end()) continue;
            forget(reading->client.node->name(), given->second);
            reading->given.erase(given);
        }
        reading->client.run([reading] { wake(reading->reader); });
    });
}

void Queues::forget(const std::string& node, std::uint64_t number) {
    std::erase_if(queues_[node], [number](const Lying& lying) { return lying.number == number; });
}

}  // namespace reef::simulation
