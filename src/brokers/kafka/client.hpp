// One handle of librdkafka: a producer or a consumer. Its events are awaited without a thread or a
// timer of ours. Lives on the executor it was made for.
#pragma once

#include <librdkafka/rdkafka.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <memory>

#include "base/worker.hpp"
#include "brokers/kafka/kafka.hpp"

namespace reef::brokers::kafka {

struct Free {
    void operator()(rd_kafka_event_t* event) const { rd_kafka_event_destroy(event); }
    void operator()(rd_kafka_topic_partition_list_t* list) const {
        rd_kafka_topic_partition_list_destroy(list);
    }
    void operator()(rd_kafka_queue_t* queue) const { rd_kafka_queue_destroy(queue); }
    void operator()(rd_kafka_conf_t* conf) const { rd_kafka_conf_destroy(conf); }
    void operator()(rd_kafka_NewTopic_t* topic) const { rd_kafka_NewTopic_destroy(topic); }
    void operator()(rd_kafka_AdminOptions_t* admin) const { rd_kafka_AdminOptions_destroy(admin); }
    void operator()(const rd_kafka_metadata_t* metadata) const {
        rd_kafka_metadata_destroy(metadata);
    }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;
using Event = Owned<rd_kafka_event_t>;
using Partitions = Owned<rd_kafka_topic_partition_list_t>;

inline constexpr std::size_t error_text_max = 512;  // of what librdkafka says

// The settings of a handle, ours and the app's. invalid: which one is wrong, and why.
Result<Owned<rd_kafka_conf_t>> make_conf(rd_kafka_type_t type, const KafkaOptions& options);

Error unavailable(rd_kafka_resp_err_t error, std::string_view what);

class Client {
public:
    // `closing` runs what blocks: it outlives the client, and stops after it.
    static Result<std::unique_ptr<Client>> open(rd_kafka_type_t type, const KafkaOptions& options,
                                                Worker& closing, asio::any_io_executor executor);
    ~Client();  // on its way out the handle says good-bye on the closing thread
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    rd_kafka_t* handle() const { return handle_; }
    rd_kafka_queue_t* queue() const { return queue_.get(); }

    // The next event; waits for one. One waiter at a time.
    Task<Event> next();
    void interrupt() { wakes_.cancel(); }  // a next() that waits returns `closed`
    // The next event, if there is one already.
    Event poll();

    // Makes those that are missing. unavailable: the broker cannot be asked, or does not want to.
    Task<void> make_topics(const std::vector<std::string>& topics, const KafkaOptions& options);

private:
    Client(rd_kafka_t* handle, int wakes, Worker& closing, asio::any_io_executor executor);

    static Result<void> check_made(const rd_kafka_CreateTopics_result_t* answer);

    rd_kafka_t* const handle_;
    Worker& closing_;
    Owned<rd_kafka_queue_t> queue_;
    asio::posix::stream_descriptor wakes_;  // an eventfd that librdkafka writes to
};

// The two sides; each opens its own client.
std::unique_ptr<Sink> make_sink(const KafkaOptions& options, std::vector<std::string> topics,
                                Worker& closing, asio::any_io_executor executor);

// By topic and partition, the offset to begin with.
using Offsets = std::map<std::pair<std::string, std::int32_t>, std::int64_t>;

class Group;

struct FeedParts {
    const KafkaOptions& options;
    Group& group;
    Offsets& known;  // what was acknowledged in this life; kept from one feed to the next
    bool from_start;
    Worker& closing;
    asio::any_io_executor executor;
};
Task<std::unique_ptr<BrokerFeed>> open_feed(FeedParts parts);

// "property-updates.0"
std::string place_of(std::string_view topic, std::int32_t partition);

}  // namespace reef::brokers::kafka
