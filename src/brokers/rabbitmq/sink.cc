#include <algorithm>
#include <boost/asio/post.hpp>

#include "base/log.hpp"
#include "base/watch.hpp"
#include "brokers/rabbitmq/sides.hpp"

namespace reef::brokers::rabbitmq {

using namespace std::chrono_literals;

namespace {

constexpr std::size_t window_messages = 300;  // sent and not confirmed …
constexpr std::size_t window_bytes = 4 << 20;
constexpr int tries_max = 3;  // of what a queue refuses, in one call
constexpr auto refuses_for = 10s;
constexpr auto idle_look = 2s;
constexpr auto event_wait = 1s;

std::size_t header_bytes(const Message& message) {
    std::size_t bytes = 0;
    for (const auto& [name, value] : message.headers)
        bytes += name.size() + value.size();
    return bytes;
}

Error is_closed() {
    return {Errc::closed, "stopping"};
}

}  // namespace

// What a sink wants sent, and what became of it. Its thread and its executor share it, so that
// either may go first.
struct Publishing::Call {
    std::vector<std::string> queues;  // that must be there
    std::vector<Message> messages;
    mutable std::mutex mutex;
    std::optional<Result<Ends>> result = std::nullopt;
    Watch done{system_clock()};

    bool has_targets() const {
        return std::any_of(messages.begin(), messages.end(),
                           [](const Message& message) { return !message.target.empty(); });
    }
    void end(Result<Ends> how) {
        {
            const std::lock_guard lock{mutex};
            result = std::move(how);
        }
        done.notify();
    }
    std::optional<Result<Ends>> outcome() const {
        const std::lock_guard lock{mutex};
        return result;
    }
};

class Publishing::QueueSink final : public Sink {
public:
    QueueSink(Publishing& publishing, std::vector<std::string> queues)
        : publishing_(publishing), queues_(std::move(queues)) {}

    Task<Ends> publish(std::vector<Message> messages) override {
        if (messages.empty()) co_return Ends{};
        auto call = std::make_shared<Call>();
        call->queues = queues_;
        call->messages = std::move(messages);
        asio::post(publishing_.worker_.context(),
                   [&side = publishing_, call] { call->end(side.publish(*call)); });
        for (;;) {
            const std::uint64_t seen = call->done.generation();
            if (auto outcome = call->outcome()) co_return std::move(*outcome);
            Result<void> woken = co_await call->done.wait_beyond(seen, 1h);
            if (!woken && woken.error().code != Errc::timeout) co_return woken.error();
        }
    }

    std::size_t header_bytes_max() const override { return publishing_.header_bytes_max_; }

private:
    Publishing& publishing_;
    const std::vector<std::string> queues_;
};

Publishing::Publishing(RabbitmqOptions options)
    : options_(std::move(options)),
      header_bytes_max_(static_cast<std::size_t>(AMQP_DEFAULT_FRAME_SIZE) / 2),
      look_(worker_.context()) {
    worker_.start();
}

Publishing::~Publishing() {
    slot_.close();
    wake_.notify();
    worker_.stop();
    lose_connection();
}

std::unique_ptr<Sink> Publishing::open_sink(std::vector<std::string> queues) {
    return std::make_unique<QueueSink>(*this, std::move(queues));
}

Result<Ends> Publishing::publish(const Call& call) {
    auto sent = need_connection();
    if (sent) sent = need_queues(call);
    auto ends = sent ? send_all(call) : Result<Ends>{sent.error()};
    if (!ends) lose_connection();
    return ends;
}

// A connection that was lost meanwhile is replaced without a word.
Result<void> Publishing::need_connection() {
    stay_connected();
    if (slot_.is_closed()) return is_closed();
    if (connection_) return {};
    connection_ = std::make_unique<Connection>(options_);
    if (!slot_.put(connection_.get())) return is_closed();
    if (auto good = connection_->open(options_, "publishes"); !good) return good;
    if (auto good = connection_->publishes(); !good) return good;
    header_bytes_max_ = connection_->header_bytes_max();
    stay_connected();
    return {};
}

void Publishing::lose_connection() {
    slot_.take();
    connection_.reset();
    tag_ = 0;
    queues_.clear();
    has_targets_ = false;
}

// Lets an idle connection say that it lives, and hears whether the other side does.
void Publishing::stay_connected() {
    if (!connection_) return;
    for (;;) {
        auto event = connection_->next(wake_, 0ms);
        if (!event) return lose_connection();
        if (!*event) break;
    }
    look_.expires_after(idle_look);
    look_.async_wait([this](const boost::system::error_code& cancelled) {
        if (!cancelled) stay_connected();
    });
}

Result<void> Publishing::need_queues(const Call& call) {
    for (const std::string& queue : call.queues) {
        if (queues_.contains(queue)) continue;
        if (auto there = need_queue(*connection_, queue); !there) return there.error();
        queues_.insert(queue);
    }
    if (has_targets_ || !call.has_targets()) return {};
    for (const auto& [node, queue] : options_.targets) {
        auto there = need_bound_queue(*connection_, options_.exchange, queue);
        if (!there) return there.error();
    }
    has_targets_ = true;
    return {};
}

// Of what is refused, the queues may have been deleted: they are made again before the next try.
Result<Ends> Publishing::send_all(const Call& call) {
    std::vector<std::size_t> left(call.messages.size());
    for (std::size_t i = 0; i < left.size(); ++i)
        left[i] = i;
    for (int tries = 1;; ++tries) {
        auto refused = send(call, left);
        if (!refused) return refused.error();
        if (refused->empty()) return Ends{};
        const bool some_taken = refused->size() < call.messages.size();
        if (some_taken && (tries == tries_max || is_known_to_refuse(call, *refused))) {
            pass_over(call, *refused);
            return Ends{};
        }
        if (tries == tries_max) return Error{Errc::unavailable, refused->front().reason};
        queues_.clear();
        has_targets_ = false;
        if (auto made = need_queues(call); !made) return made.error();
        left.clear();
        for (const Refused& one : *refused)
            left.push_back(one.message);
        wake_.wait(50ms * tries);
    }
}

// Returns what was not taken.
Result<std::vector<Publishing::Refused>> Publishing::send(const Call& call,
                                                          const std::vector<std::size_t>& which) {
    std::vector<Refused> refused;
    PendingByTag pending;
    std::size_t bytes = 0;
    for (const std::size_t i : which) {
        const Message& message = call.messages[i];
        if (header_bytes(message) > connection_->header_bytes_max()) {
            log::error("A message's headers are too long for RabbitMQ: it was not published",
                       {{"queue", message.topic}});
            continue;
        }
        const std::string exchange = message.target.empty() ? "" : options_.exchange;
        auto sent = connection_->publish(exchange, message);
        if (!sent) return sent.error();
        pending.emplace(++tag_, Pending{i, {}});
        bytes += message.body.size();
        while (pending.size() >= window_messages || (bytes >= window_bytes && !pending.empty())) {
            if (auto taken = take_event(call, pending, refused); !taken) return taken.error();
            if (pending.empty()) bytes = 0;
        }
    }
    while (!pending.empty()) {
        if (auto taken = take_event(call, pending, refused); !taken) return taken.error();
    }
    return refused;
}

Result<void> Publishing::take_event(const Call& call, PendingByTag& pending,
                                    std::vector<Refused>& refused) {
    if (slot_.is_closed()) return is_closed();
    auto event = connection_->next(wake_, event_wait);
    if (!event) return event.error();
    if (!*event) return {};
    if (const auto* returned = std::get_if<Returned>(&**event)) {
        take_return(call, *returned, pending);
        return {};
    }
    const auto* confirmed = std::get_if<Confirmed>(&**event);
    if (!confirmed) return {};
    auto one = confirmed->all_up_to ? pending.begin() : pending.find(confirmed->tag);
    while (one != pending.end() && one->first <= confirmed->tag) {
        if (!confirmed->taken) {
            refused.push_back({one->second.message, "RabbitMQ: the queue refuses messages"});
        } else if (!one->second.returned.empty()) {
            refused.push_back({one->second.message, one->second.returned});
        }
        one = pending.erase(one);
    }
    return {};
}

void Publishing::take_return(const Call& call, const Returned& returned, PendingByTag& pending) {
    for (auto& [tag, one] : pending) {
        const Message& message = call.messages[one.message];
        const bool same = message.topic == returned.routing_key &&
                          message.key.value_or("") == returned.message_id && one.returned.empty();
        if (!same) continue;
        one.returned = "RabbitMQ: no queue takes " + returned.routing_key + ": " + returned.reason;
        return;
    }
}

bool Publishing::is_known_to_refuse(const Call& call, const std::vector<Refused>& refused) const {
    const auto now = std::chrono::steady_clock::now();
    return std::all_of(refused.begin(), refused.end(), [&](const Refused& one) {
        const auto known = refusing_.find(call.messages[one.message].target);
        return known != refusing_.end() && now < known->second;
    });
}

// Its node misses these changes, and asks the peers for them.
void Publishing::pass_over(const Call& call, const std::vector<Refused>& refused) {
    const auto now = std::chrono::steady_clock::now();
    for (const Refused& one : refused) {
        const std::string& target = call.messages[one.message].target;
        auto& until = refusing_[target];
        if (until < now) {
            log::error("A queue takes no messages: they are passed over, and its node asks peers",
                       {{"node", target}, {"reason", one.reason}});
            until = now + refuses_for;
        }
    }
}

}  // namespace reef::brokers::rabbitmq
