#include <boost/asio/post.hpp>
#include <deque>

#include "base/hash.hpp"
#include "base/watch.hpp"
#include "brokers/rabbitmq/sides.hpp"

namespace reef::brokers::rabbitmq {

using namespace std::chrono_literals;

namespace {

constexpr std::size_t arrived_max = 512;            // given on at a time
constexpr std::size_t waiting_bytes_max = 8 << 20;  // not given on yet: then no more are read
constexpr auto message_wait = 1s;

// The same for the same message, whenever it comes.
std::uint64_t name_of(const Message& message) {
    Hashing hash;
    hash.add(message.body);
    if (message.key) hash.add(*message.key);
    for (const auto& [name, value] : message.headers) {
        hash.add(name);
        hash.add(value);
    }
    return hash.hash().low >> 1;  // databases have signed integers
}

std::size_t bytes_in(const Message& message) {
    std::size_t bytes = message.body.size();
    for (const auto& [name, value] : message.headers)
        bytes += value.size();
    return bytes;
}

// What the thread and the executor hand each other.
class Handover {
public:
    // ---- the thread's ----
    void opened(std::uint64_t messages) {
        {
            const std::lock_guard lock{mutex_};
            opened_ = true;
            there_ = messages;
        }
        changed_.notify();
    }
    void put(Arrived arrived) {
        {
            const std::lock_guard lock{mutex_};
            ++delivered_;
            bytes_ += bytes_in(arrived.message);
            arrived_.push_back(std::move(arrived));
        }
        changed_.notify();
    }
    void end(Error error) {
        {
            const std::lock_guard lock{mutex_};
            ended_ = std::move(error);
        }
        changed_.notify();
    }
    std::vector<std::uint64_t> take_marks() {
        const std::lock_guard lock{mutex_};
        return std::exchange(marks_, {});
    }
    bool has_room() const {
        const std::lock_guard lock{mutex_};
        return bytes_ < waiting_bytes_max;
    }
    bool is_stopped() const {
        const std::lock_guard lock{mutex_};
        return stopped_;
    }
    Wake& wake() { return wake_; }

    // ---- the executor's ----
    struct Taken {
        std::vector<Arrived> arrived;
        std::optional<Error> ended;
        bool opened = false;
    };
    Taken take() {
        Taken taken;
        {
            const std::lock_guard lock{mutex_};
            taken.opened = opened_;
            while (!arrived_.empty() && taken.arrived.size() < arrived_max) {
                bytes_ -= bytes_in(arrived_.front().message);
                taken.arrived.push_back(std::move(arrived_.front()));
                arrived_.pop_front();
            }
            if (taken.arrived.empty()) taken.ended = ended_;
            given_ += taken.arrived.size();
        }
        if (!taken.arrived.empty()) wake_.notify();
        return taken;
    }
    void acknowledge(const std::vector<std::uint64_t>& marks) {
        {
            const std::lock_guard lock{mutex_};
            marks_.insert(marks_.end(), marks.begin(), marks.end());
            acknowledged_ += marks.size();
        }
        wake_.notify();
    }
    void stop() {
        {
            const std::lock_guard lock{mutex_};
            stopped_ = true;
        }
        wake_.notify();
    }
    std::uint64_t unacknowledged() const {
        const std::lock_guard lock{mutex_};
        return delivered_ - acknowledged_;
    }
    bool has_given_all_that_was_there() const {
        const std::lock_guard lock{mutex_};
        return given_ >= there_;
    }
    Watch& changed() { return changed_; }

private:
    mutable std::mutex mutex_;
    std::deque<Arrived> arrived_;
    std::size_t bytes_ = 0;
    std::vector<std::uint64_t> marks_;  // to be acknowledged
    std::optional<Error> ended_;
    std::uint64_t there_ = 0;  // when reading began
    std::uint64_t delivered_ = 0, given_ = 0, acknowledged_ = 0;
    bool opened_ = false;
    bool stopped_ = false;
    Watch changed_{system_clock()};
    Wake wake_;
};

// Acknowledges messages in as few words as can be: all up to one where there is no hole, each by
// itself beyond it.
class Acknowledging {
public:
    Result<void> say(Connection& connection, const std::vector<std::uint64_t>& tags) {
        for (const std::uint64_t tag : tags)
            said_.emplace(tag, false);
        std::uint64_t last = 0;  // one that the broker was not told of
        for (auto one = said_.begin(); one != said_.end() && one->first == all_up_to_ + 1;) {
            ++all_up_to_;
            if (!one->second) last = one->first;
            one = said_.erase(one);
        }
        if (last > 0) {
            if (auto sent = connection.acknowledge(last, true); !sent) return sent;
        }
        for (const std::uint64_t tag : tags) {
            const auto one = said_.find(tag);
            if (one == said_.end() || std::exchange(one->second, true)) continue;
            if (auto sent = connection.acknowledge(tag, false); !sent) return sent;
        }
        return {};
    }

private:
    std::uint64_t all_up_to_ = 0;
    std::map<std::uint64_t, bool> said_;  // beyond that: whether the broker was told
};

// Reads this node's queues, until it is stopped or the connection is lost. On the thread.
class Reading {
public:
    Reading(const RabbitmqOptions& options, Handover& handover, ConnectionSlot& slot)
        : options_(options), handover_(handover), slot_(slot) {}
    ~Reading() { slot_.take(); }

    // Always returns an error.
    Result<void> run() {
        if (auto begun = begin(); !begun) return begun;
        Acknowledging acknowledging;
        while (!handover_.is_stopped() && !slot_.is_closed()) {
            handover_.wake().clear();
            auto said = acknowledging.say(*connection_, handover_.take_marks());
            if (said) said = handover_.has_room() ? read() : rest();
            if (!said) return said;
        }
        auto said = acknowledging.say(*connection_, handover_.take_marks());
        return said ? Error{Errc::closed, "stopped"} : said;
    }

private:
    Result<void> begin() {
        connection_ = std::make_unique<Connection>(options_);
        if (!slot_.put(connection_.get())) return Error{Errc::closed, "stopping"};
        if (auto opened = connection_->open(options_, "reads"); !opened) return opened;
        std::uint64_t messages = 0;
        for (const RabbitmqQueue& queue : options_.queues) {
            auto there = need_bound_queue(*connection_, options_.exchange, queue);
            if (!there) return there.error();
            messages += *there;
        }
        if (auto good = connection_->consumes(options_.queues, options_.prefetch); !good) {
            return good;
        }
        handover_.opened(messages);
        return {};
    }

    Result<void> read() {
        auto event = connection_->next(handover_.wake(), message_wait);
        if (!event) return event.error();
        if (!*event) return {};
        auto* delivered = std::get_if<Delivered>(&**event);
        if (!delivered) return {};
        Arrived arrived;
        arrived.message = std::move(delivered->message);
        arrived.message.topic = delivered->queue;  // sent there again it comes here alone
        arrived.place = delivered->queue;
        arrived.again = delivered->again;
        arrived.offset = name_of(arrived.message);
        arrived.mark = delivered->tag;
        handover_.put(std::move(arrived));
        return {};
    }

    Result<void> rest() {
        handover_.wake().wait(message_wait);
        return connection_->beat();
    }

    const RabbitmqOptions& options_;
    Handover& handover_;
    ConnectionSlot& slot_;
    std::unique_ptr<Connection> connection_;
};

class QueueFeed final : public BrokerFeed {
public:
    QueueFeed(std::shared_ptr<Handover> handover, std::uint16_t prefetch)
        : handover_(std::move(handover)), prefetch_(prefetch) {}
    ~QueueFeed() override { handover_->stop(); }

    Task<void> open() {
        for (;;) {
            const std::uint64_t seen = handover_->changed().generation();
            const Handover::Taken taken = handover_->take();
            first_.insert(first_.end(), taken.arrived.begin(), taken.arrived.end());
            if (taken.opened) co_return Result<void>{};
            if (taken.ended) co_return *taken.ended;
            Result<void> woken = co_await handover_->changed().wait_beyond(seen, 1h);
            if (!woken && woken.error().code != Errc::timeout) co_return woken;
        }
    }

    Task<std::vector<Arrived>> next() override {
        if (!first_.empty()) co_return std::exchange(first_, {});
        for (;;) {
            const std::uint64_t seen = handover_->changed().generation();
            if (std::exchange(interrupted_, false)) co_return Error{Errc::closed, "interrupted"};
            Handover::Taken taken = handover_->take();
            if (!taken.arrived.empty()) co_return std::move(taken.arrived);
            if (taken.ended) co_return *taken.ended;
            Result<void> woken = co_await handover_->changed().wait_beyond(seen, 1h);
            if (!woken && woken.error().code != Errc::timeout) co_return woken.error();
        }
    }

    void acknowledge(const std::vector<std::uint64_t>& marks) override {
        if (!marks.empty()) handover_->acknowledge(marks);
    }
    bool is_full() const override { return handover_->unacknowledged() >= prefetch_; }
    void interrupt() override {
        interrupted_ = true;
        handover_->changed().notify();
    }
    bool has_read_all() const override { return handover_->has_given_all_that_was_there(); }

private:
    const std::shared_ptr<Handover> handover_;
    const std::uint16_t prefetch_;
    std::vector<Arrived> first_;  // came while the feed was opened
    bool interrupted_ = false;
};

}  // namespace

Consuming::Consuming(const RabbitmqOptions& options) : options_(options) {
    worker_.start();
}

Consuming::~Consuming() {
    slot_.close();
    worker_.stop();
}

Task<std::unique_ptr<BrokerFeed>> Consuming::open_feed() {
    auto handover = std::make_shared<Handover>();
    auto feed = std::make_unique<QueueFeed>(handover, options_.prefetch);
    asio::post(worker_.context(), [this, handover] {
        Reading reading{options_, *handover, slot_};
        Result<void> ended = reading.run();
        handover->end(ended.error());
    });
    Result<void> opened = co_await feed->open();
    if (!opened) co_return opened.error();
    co_return std::unique_ptr<BrokerFeed>{std::move(feed)};
}

}  // namespace reef::brokers::rabbitmq
