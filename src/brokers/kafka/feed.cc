#include <deque>
#include <set>

#include "brokers/kafka/group.hpp"

namespace reef::brokers::kafka {

namespace {

constexpr std::size_t arrived_max = 512;        // given on at a time …
constexpr std::size_t arrived_bytes = 4 << 20;  // … or so many bytes
constexpr int metadata_answer_ms = 5000;        // some round trips, the first time

std::string bytes_of(const void* data, std::size_t size) {
    return data ? std::string{static_cast<const char*>(data), size} : std::string{};
}

Message message_of(const rd_kafka_message_t& read) {
    Message message;
    message.topic = rd_kafka_topic_name(read.rkt);
    if (read.key) message.key = bytes_of(read.key, read.key_len);
    message.body = bytes_of(read.payload, read.len);
    message.time_ms = std::max<std::int64_t>(rd_kafka_message_timestamp(&read, nullptr), 0);
    rd_kafka_headers_t* headers = nullptr;
    if (rd_kafka_message_headers(&read, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return message;
    const char* name = nullptr;
    const void* value = nullptr;
    std::size_t size = 0;
    for (std::size_t i = 0;
         rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR;
         ++i) {
        message.headers.emplace_back(name, bytes_of(value, size));
    }
    return message;
}

struct Topic {
    rd_kafka_topic_t* handle = nullptr;
    std::vector<std::int32_t> started;  // partitions
};

class KafkaFeed final : public BrokerFeed {
public:
    KafkaFeed(std::unique_ptr<Client> client, const FeedParts& parts)
        : client_(std::move(client)),
          group_(parts.group),
          known_(parts.known),
          closing_(parts.closing) {}

    ~KafkaFeed() override {
        asio::post(closing_.context(), [topics = std::move(topics_)] {
            for (const Topic& topic : topics) {
                for (const std::int32_t partition : topic.started)
                    rd_kafka_consume_stop(topic.handle, partition);
                rd_kafka_topic_destroy(topic.handle);
            }
        });
    }

    Result<void> start(const Offsets& offsets) {
        std::string_view name;
        for (const auto& [at, offset] : offsets) {
            if (name != at.first) {
                rd_kafka_topic_t* made =
                    rd_kafka_topic_new(client_->handle(), at.first.c_str(), nullptr);
                if (!made) return unavailable(rd_kafka_last_error(), at.first);
                topics_.push_back({made, {}});
                name = at.first;
            }
            Topic& topic = topics_.back();
            const int started =
                rd_kafka_consume_start_queue(topic.handle, at.second, offset, client_->queue());
            if (started != 0) return unavailable(rd_kafka_last_error(), at.first);
            topic.started.push_back(at.second);
            unread_.insert(at);
        }
        return {};
    }

    Task<std::vector<Arrived>> next() override {
        std::vector<Arrived> arrived;
        while (arrived.empty()) {
            auto event = co_await client_->next();
            if (!event) co_return event.error();
            std::size_t bytes = 0;
            while (*event) {
                if (auto taken = take(event->get(), arrived, bytes); !taken) {
                    co_return taken.error();
                }
                if (arrived.size() >= arrived_max || bytes >= arrived_bytes) break;
                *event = client_->poll();
            }
        }
        co_return arrived;
    }

    bool is_full() const override { return false; }
    void interrupt() override { client_->interrupt(); }
    bool has_read_all() const override { return unread_.empty(); }

    // A mark's place in given_ follows from the first one's: they rise by one.
    void acknowledge(const std::vector<std::uint64_t>& marks) override {
        for (const std::uint64_t mark : marks)
            given_[mark - given_.front().mark].done = true;
        Offsets moved;
        while (!given_.empty() && given_.front().done) {
            Given& given = given_.front();
            moved[{std::move(given.topic), given.partition}] = given.offset + 1;
            given_.pop_front();
        }
        for (const auto& [at, offset] : moved)
            known_[at] = offset;
        group_.say(std::move(moved));
    }

private:
    struct Given {
        std::uint64_t mark = 0;
        std::string topic;
        std::int32_t partition = 0;
        std::int64_t offset = 0;
        bool done = false;
    };

    Result<void> take(rd_kafka_event_t* event, std::vector<Arrived>& arrived, std::size_t& bytes) {
        if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_ERROR) {
            const auto error = rd_kafka_event_error(event);
            if (error == RD_KAFKA_RESP_ERR__PARTITION_EOF) note_end(event);
            if (ends_feed(error)) return unavailable(error, rd_kafka_event_error_string(event));
            return {};
        }
        if (rd_kafka_event_type(event) != RD_KAFKA_EVENT_FETCH) return {};
        while (const rd_kafka_message_t* read = rd_kafka_event_message_next(event)) {
            if (read->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
                if (ends_feed(read->err)) return unavailable(read->err, "reading");
                continue;
            }
            Arrived next;
            next.message = message_of(*read);
            next.place = place_of(next.message.topic, read->partition);
            next.offset = static_cast<std::uint64_t>(read->offset);
            next.mark = ++mark_;
            given_.push_back({next.mark, next.message.topic, read->partition, read->offset, false});
            bytes += next.message.body.size();
            arrived.push_back(std::move(next));
        }
        return {};
    }

    void note_end(rd_kafka_event_t* event) {
        rd_kafka_topic_partition_t* at = rd_kafka_event_topic_partition(event);
        if (!at) return;
        unread_.erase({at->topic, at->partition});
        rd_kafka_topic_partition_destroy(at);
    }

    // What does not pass by waiting: the topic is gone, or this node may not read it.
    static bool ends_feed(rd_kafka_resp_err_t error) {
        switch (error) {
            case RD_KAFKA_RESP_ERR__FATAL:
            case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
            case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
            case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
            case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
            case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
                return true;
            default:
                return false;
        }
    }

    const std::unique_ptr<Client> client_;
    Group& group_;
    Offsets& known_;
    Worker& closing_;
    std::vector<Topic> topics_;
    std::uint64_t mark_ = 0;
    std::deque<Given> given_;             // the broker was not told of them yet
    std::set<Offsets::key_type> unread_;  // partitions whose end was not reached yet
};

// How many partitions a topic has. Blocks.
Task<int> ask_partitions(rd_kafka_t* handle, std::string topic) {
    rd_kafka_topic_t* asked = rd_kafka_topic_new(handle, topic.c_str(), nullptr);
    const rd_kafka_metadata_t* answer = nullptr;
    const auto error = rd_kafka_metadata(handle, 0, asked, &answer, metadata_answer_ms);
    rd_kafka_topic_destroy(asked);
    const Owned<const rd_kafka_metadata_t> metadata{answer};
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) co_return unavailable(error, topic);
    if (metadata->topic_cnt != 1) co_return Error{Errc::unavailable, topic + " is not there"};
    if (metadata->topics[0].err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        co_return unavailable(metadata->topics[0].err, topic);
    }
    co_return metadata->topics[0].partition_cnt;
}

}  // namespace

Task<std::unique_ptr<BrokerFeed>> open_feed(FeedParts parts) {
    const KafkaOptions& options = parts.options;
    auto client = Client::open(RD_KAFKA_CONSUMER, options, parts.closing, parts.executor);
    if (!client) co_return client.error();
    rd_kafka_t* const handle = (*client)->handle();
    Result<void> made = co_await (*client)->make_topics(options.topics, options);
    if (!made) co_return made.error();
    Offsets offsets;
    for (const std::string& topic : options.topics) {
        auto asking = asio::co_spawn(parts.closing.context(), ask_partitions(handle, topic),
                                     asio::use_awaitable);
        const Result<int> count = co_await std::move(asking);
        if (!count) co_return count.error();
        for (std::int32_t partition = 0; partition < *count; ++partition)
            offsets[{topic, partition}] = RD_KAFKA_OFFSET_BEGINNING;
    }
    if (!parts.from_start) {
        auto said = co_await parts.group.offsets(offsets);
        if (!said) co_return said.error();
        for (const auto& [at, offset] : *said)
            offsets[at] = offset;
        for (const auto& [at, offset] : parts.known)
            if (offsets.contains(at)) offsets[at] = offset;
    }
    auto feed = std::make_unique<KafkaFeed>(std::move(*client), parts);
    if (auto started = feed->start(offsets); !started) co_return started.error();
    co_return std::unique_ptr<BrokerFeed>{std::move(feed)};
}

}  // namespace reef::brokers::kafka
