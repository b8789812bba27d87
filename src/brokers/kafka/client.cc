#include "brokers/kafka/client.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/redirect_error.hpp>

#include "base/log.hpp"

namespace reef::brokers::kafka {

namespace {

constexpr int admin_answer_ms = 5000;
constexpr std::uint64_t wake_count = 1;

using Settings = std::vector<std::pair<const char*, std::string>>;

Settings common_settings(const KafkaOptions& options) {
    return {{"bootstrap.servers", options.brokers},
            {"client.id", options.client},
            {"socket.nagle.disable", "true"},
            {"socket.keepalive.enable", "true"},
            {"reconnect.backoff.ms", "50"},
            {"reconnect.backoff.max.ms", "1000"},
            // A topic that is made anew is noticed.
            {"topic.metadata.refresh.interval.ms", "10000"},
            // A message of the largest size, and what comes with it.
            {"receive.message.max.bytes",
             std::to_string(std::max<std::uint64_t>(100'000'000, 2 * options.message_bytes_max))},
            {"log.connection.close", "false"}};
}

// Nothing waits to become more; what waits for the broker waits for as long as it takes.
Settings producer_settings(const KafkaOptions& options) {
    return {{"enable.idempotence", "true"},
            {"acks", "all"},
            {"linger.ms", "0"},
            {"message.timeout.ms", "0"},
            {"message.max.bytes", std::to_string(options.message_bytes_max)}};
}

// Never to the end of a topic whose offsets are gone: what comes again is known again. One fetch is
// under way at a time, and the broker may be an ocean away: so each brings much, and is asked for
// while there is still enough to do for a round trip. A long wait at the broker means that it
// nearly always has a fetch to answer as soon as there is a message.
Settings consumer_settings() {
    return {{"enable.auto.commit", "false"},
            {"auto.offset.reset", "earliest"},
            {"fetch.wait.max.ms", "500"},
            {"fetch.error.backoff.ms", "50"},
            {"fetch.message.max.bytes", "4194304"},
            {"queued.min.messages", "10000"},
            {"queued.max.messages.kbytes", "16384"},
            {"enable.partition.eof", "true"}};
}

void write_log(const rd_kafka_t*, int, const char* facility, const char* text) {
    log::debug("librdkafka says", {{"facility", facility}, {"text", text}});
}

}  // namespace

Result<Owned<rd_kafka_conf_t>> make_conf(rd_kafka_type_t type, const KafkaOptions& options) {
    Owned<rd_kafka_conf_t> conf{rd_kafka_conf_new()};
    Settings settings = common_settings(options);
    const bool producer = type == RD_KAFKA_PRODUCER;
    for (auto& setting : producer ? producer_settings(options) : consumer_settings())
        settings.push_back(std::move(setting));
    for (const auto& [name, value] : options.settings)
        settings.emplace_back(name.c_str(), value);
    char why[error_text_max];
    for (const auto& [name, value] : settings) {
        const auto set = rd_kafka_conf_set(conf.get(), name, value.c_str(), why, sizeof why);
        if (set != RD_KAFKA_CONF_OK) {
            return Error{Errc::invalid, std::string{"[transport.kafka] options: "} + why};
        }
    }
    rd_kafka_conf_set_log_cb(conf.get(), write_log);
    rd_kafka_conf_set_events(conf.get(), RD_KAFKA_EVENT_ERROR | (producer ? RD_KAFKA_EVENT_DR : 0));
    return conf;
}

Error unavailable(rd_kafka_resp_err_t error, std::string_view what) {
    return {Errc::unavailable, std::string{what} + ": " + rd_kafka_err2str(error)};
}

Result<std::unique_ptr<Client>> Client::open(rd_kafka_type_t type, const KafkaOptions& options,
                                             Worker& closing, asio::any_io_executor executor) {
    auto conf = make_conf(type, options);
    if (!conf) return conf.error();
    char why[error_text_max];
    rd_kafka_t* handle = rd_kafka_new(type, conf->get(), why, sizeof why);
    if (!handle) return Error{Errc::unavailable, std::string{"librdkafka: "} + why};
    static_cast<void>(conf->release());  // it belongs to the handle now
    const int wakes = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (wakes < 0) {
        rd_kafka_destroy(handle);
        return Error{Errc::unavailable, "no event descriptor is left"};
    }
    return std::unique_ptr<Client>{new Client{handle, wakes, closing, std::move(executor)}};
}

Client::Client(rd_kafka_t* handle, int wakes, Worker& closing, asio::any_io_executor executor)
    : handle_(handle),
      closing_(closing),
      queue_(rd_kafka_queue_get_main(handle)),
      wakes_(std::move(executor), wakes) {
    rd_kafka_queue_io_event_enable(queue_.get(), wakes, &wake_count, sizeof wake_count);
}

// What it still holds goes with it.
Client::~Client() {
    queue_.reset();
    asio::post(closing_.context(), [handle = handle_, wakes = wakes_.release()] {
        rd_kafka_destroy(handle);
        ::close(wakes);
    });
}

Event Client::poll() {
    return Event{rd_kafka_queue_poll(queue_.get(), 0)};
}

Task<Event> Client::next() {
    for (;;) {
        if (Event event = poll()) co_return event;
        boost::system::error_code failed;
        co_await wakes_.async_wait(asio::posix::descriptor_base::wait_read,
                                   asio::redirect_error(asio::use_awaitable, failed));
        if (failed) co_return Error{Errc::closed, "interrupted"};
        std::uint64_t count = 0;  // taken before the queue is looked at: a later event wakes again
        if (::read(wakes_.native_handle(), &count, sizeof count) < 0)
            continue;  // none is there yet
    }
}

Task<void> Client::make_topics(const std::vector<std::string>& topics,
                               const KafkaOptions& options) {
    char why[error_text_max];
    std::vector<Owned<rd_kafka_NewTopic_t>> made;
    std::vector<rd_kafka_NewTopic_t*> pointers;
    for (const std::string& topic : topics) {
        constexpr int as_the_broker_does = -1;  // how many replicas
        made.emplace_back(rd_kafka_NewTopic_new(topic.c_str(), options.partitions,
                                                as_the_broker_does, why, sizeof why));
        if (!made.back()) co_return Error{Errc::unavailable, topic + ": " + why};
        pointers.push_back(made.back().get());
        const auto set = [&made](const char* name, const std::string& value) {
            rd_kafka_NewTopic_set_config(made.back().get(), name, value.c_str());
        };
        set("cleanup.policy", "delete");  // a compacted topic has holes
        set("retention.ms", std::to_string(options.retention_seconds * 1000));
        set("max.message.bytes", std::to_string(options.message_bytes_max));
    }
    const Owned<rd_kafka_AdminOptions_t> admin{
        rd_kafka_AdminOptions_new(handle_, RD_KAFKA_ADMIN_OP_CREATETOPICS)};
    rd_kafka_AdminOptions_set_request_timeout(admin.get(), admin_answer_ms, why, sizeof why);
    rd_kafka_CreateTopics(handle_, pointers.data(), pointers.size(), admin.get(), queue_.get());
    std::string why_away;  // the request's own error is that its time was over
    for (;;) {
        auto event = co_await next();
        if (!event) co_return event.error();
        const auto error = rd_kafka_event_error(event->get());
        if (const auto* answer = rd_kafka_event_CreateTopics_result(event->get())) {
            if (!error) co_return check_made(answer);
            if (!why_away.empty()) co_return Error{Errc::unavailable, why_away};
            co_return unavailable(error, "the broker was asked for its topics");
        }
        const bool says_why = rd_kafka_event_type(event->get()) == RD_KAFKA_EVENT_ERROR &&
                              error != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN;
        if (says_why) why_away = rd_kafka_event_error_string(event->get());
    }
}

// Where a node may not make topics, whoever runs the broker has made them.
Result<void> Client::check_made(const rd_kafka_CreateTopics_result_t* answer) {
    std::size_t count = 0;
    const auto* const* results = rd_kafka_CreateTopics_result_topics(answer, &count);
    for (std::size_t i = 0; i < count; ++i) {
        const std::string topic = rd_kafka_topic_result_name(results[i]);
        switch (const auto error = rd_kafka_topic_result_error(results[i])) {
            case RD_KAFKA_RESP_ERR_NO_ERROR:
                log::info("Made a topic", {{"topic", topic}});
                break;
            case RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS:
            case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
            case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
                break;
            default:
                return unavailable(error, topic);
        }
    }
    return {};
}

std::string place_of(std::string_view topic, std::int32_t partition) {
    return std::string{topic} + '.' + std::to_string(partition);
}

}  // namespace reef::brokers::kafka
