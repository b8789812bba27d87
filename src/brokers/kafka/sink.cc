#include <limits>

#include "base/log.hpp"
#include "brokers/kafka/client.hpp"

namespace reef::brokers::kafka {

namespace {

struct Batch {
    Ends ends;
    std::size_t confirmed = 0;
};

class KafkaSink final : public Sink {
public:
    KafkaSink(const KafkaOptions& options, std::vector<std::string> topics, Worker& closing,
              asio::any_io_executor executor)
        : options_(options), topics_(std::move(topics)), closing_(closing), executor_(executor) {}

    Task<Ends> publish(std::vector<Message> messages) override {
        Result<void> open = co_await open_client();
        if (!open) co_return open.error();
        auto ends = co_await send(std::move(messages));
        // What the producer still holds must not arrive behind what is sent again.
        if (!ends) client_.reset();
        co_return ends;
    }

    std::size_t header_bytes_max() const override {
        return std::numeric_limits<std::size_t>::max();
    }

private:
    Task<void> open_client() {
        if (client_) co_return Result<void>{};
        auto client = Client::open(RD_KAFKA_PRODUCER, options_, closing_, executor_);
        if (!client) co_return client.error();
        Result<void> made;
        if (!topics_.empty()) made = co_await (*client)->make_topics(topics_, options_);
        if (made) client_ = std::move(*client);
        co_return made;
    }

    Task<Ends> send(std::vector<Message> messages) {
        Batch batch;
        for (const Message& message : messages) {
            const auto error = produce(message);
            if (error == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE) {
                pass_over(message.topic, batch);
            } else if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
                co_return unavailable(error, message.topic);
            }
        }
        while (batch.confirmed < messages.size()) {
            auto event = co_await client_->next();
            if (!event) co_return event.error();
            const int type = rd_kafka_event_type(event->get());
            const auto error = rd_kafka_event_error(event->get());
            if (type == RD_KAFKA_EVENT_ERROR && error == RD_KAFKA_RESP_ERR__FATAL) {
                co_return unavailable(error, rd_kafka_event_error_string(event->get()));
            }
            if (type != RD_KAFKA_EVENT_DR) continue;
            while (const rd_kafka_message_t* report = rd_kafka_event_message_next(event->get())) {
                if (auto taken = take(*report, batch); !taken) co_return taken.error();
            }
        }
        co_return std::move(batch.ends);
    }

    rd_kafka_resp_err_t produce(const Message& message) {
        rd_kafka_headers_t* headers = rd_kafka_headers_new(message.headers.size());
        for (const auto& [name, value] : message.headers) {
            rd_kafka_header_add(headers, name.data(), static_cast<ssize_t>(name.size()),
                                value.data(), static_cast<ssize_t>(value.size()));
        }
        const char* key = message.key ? message.key->data() : nullptr;
        const std::size_t key_bytes = message.key ? message.key->size() : 0;
        // NOLINTNEXTLINE: librdkafka takes what is not changed as not const
        auto* body = const_cast<char*>(message.body.data());
        const auto error = rd_kafka_producev(
            client_->handle(), RD_KAFKA_V_TOPIC(message.topic.c_str()),
            RD_KAFKA_V_KEY(key, key_bytes), RD_KAFKA_V_VALUE(body, message.body.size()),
            RD_KAFKA_V_TIMESTAMP(message.time_ms), RD_KAFKA_V_HEADERS(headers),
            RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);
        if (error != RD_KAFKA_RESP_ERR_NO_ERROR) rd_kafka_headers_destroy(headers);
        return error;
    }

    static Result<void> take(const rd_kafka_message_t& report, Batch& batch) {
        const char* topic = rd_kafka_topic_name(report.rkt);
        if (report.err == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE) {
            pass_over(topic, batch);
            return {};
        }
        if (report.err != RD_KAFKA_RESP_ERR_NO_ERROR) return unavailable(report.err, topic);
        ++batch.confirmed;
        if (report.offset < 0) return {};  // it was there already: nobody says where
        std::uint64_t& end = batch.ends[place_of(topic, report.partition)];
        end = std::max(end, static_cast<std::uint64_t>(report.offset));
        return {};
    }

    // It would be too large again: peers get it from this node's log.
    static void pass_over(const std::string& topic, Batch& batch) {
        log::error("A change is too large for the broker: it was not published",
                   {{"topic", topic}});
        ++batch.confirmed;
    }

    const KafkaOptions& options_;
    const std::vector<std::string> topics_;
    Worker& closing_;
    const asio::any_io_executor executor_;
    std::unique_ptr<Client> client_;
};

}  // namespace

std::unique_ptr<Sink> make_sink(const KafkaOptions& options, std::vector<std::string> topics,
                                Worker& closing, asio::any_io_executor executor) {
    return std::make_unique<KafkaSink>(options, std::move(topics), closing, std::move(executor));
}

}  // namespace reef::brokers::kafka
