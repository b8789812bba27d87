#include "brokers/kafka/group.hpp"

#include "base/log.hpp"

namespace reef::brokers::kafka {

namespace {

constexpr int committed_ms = 5000;  // the group's coordinator is looked up and connected to
constexpr int last_answer_ms = 500;
constexpr std::chrono::seconds say_after{1};

Partitions list_of(const Offsets& offsets) {
    Partitions list{rd_kafka_topic_partition_list_new(static_cast<int>(offsets.size()))};
    for (const auto& [at, offset] : offsets) {
        rd_kafka_topic_partition_list_add(list.get(), at.first.c_str(), at.second)->offset = offset;
    }
    return list;
}

// Blocks.
Task<Offsets> ask(rd_kafka_t* handle, Offsets wanted) {
    const Partitions list = list_of(wanted);
    const auto error = rd_kafka_committed(handle, list.get(), committed_ms);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) co_return unavailable(error, "the group's offsets");
    Offsets offsets;
    for (int i = 0; i < list->cnt; ++i) {
        const rd_kafka_topic_partition_t& one = list->elems[i];
        if (one.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
            co_return unavailable(one.err, "the group's offsets");
        }
        if (one.offset >= 0) offsets[{one.topic, one.partition}] = one.offset;
    }
    co_return offsets;
}

}  // namespace

Group::Group(const KafkaOptions& options, Worker& blocking)
    : options_(options), blocking_(blocking) {}

// One whose answer does not come is left to the process' end: closing it would wait for the broker.
Group::~Group() {
    if (!handle_) return;
    const bool answered = saying_.empty() || is_answered(last_answer_ms);
    if (answered && !unsaid_.empty()) send();
    if (!answered || (!saying_.empty() && !is_answered(last_answer_ms))) return;
    answers_.reset();
    rd_kafka_destroy_flags(handle_, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
}

Result<void> Group::open() {
    if (handle_) return {};
    auto conf = make_conf(RD_KAFKA_CONSUMER, options_);
    if (!conf) return conf.error();
    char why[error_text_max];
    rd_kafka_conf_set(conf->get(), "group.id", options_.group.c_str(), why, sizeof why);
    rd_kafka_conf_set_events(conf->get(), 0);  // nobody reads them here: they go to the log
    handle_ = rd_kafka_new(RD_KAFKA_CONSUMER, conf->get(), why, sizeof why);
    if (!handle_) return Error{Errc::unavailable, std::string{"librdkafka: "} + why};
    static_cast<void>(conf->release());  // it belongs to the handle now
    answers_.reset(rd_kafka_queue_new(handle_));
    return {};
}

Task<Offsets> Group::offsets(Offsets wanted) {
    if (auto opened = open(); !opened) co_return opened.error();
    auto asking =
        asio::co_spawn(blocking_.context(), ask(handle_, std::move(wanted)), asio::use_awaitable);
    co_return co_await std::move(asking);
}

void Group::say(Offsets offsets) {
    for (auto& [at, offset] : offsets)
        unsaid_[at] = offset;
    if (!saying_.empty() && !is_answered(0)) return;
    if (unsaid_.empty() || std::chrono::steady_clock::now() - said_ < say_after) return;
    send();
}

void Group::send() {
    if (!open()) return;
    said_ = std::chrono::steady_clock::now();
    const Partitions list = list_of(unsaid_);
    const auto error = rd_kafka_commit_queue(handle_, list.get(), answers_.get(), nullptr, nullptr);
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) saying_ = std::exchange(unsaid_, {});
}

// What the group could not be told is told with what comes next.
bool Group::is_answered(int wait_ms) {
    const Event event{rd_kafka_queue_poll(answers_.get(), wait_ms)};
    if (!event) return false;
    if (const auto error = rd_kafka_event_error(event.get())) {
        log::debug("Could not say how far this node is", {{"reason", rd_kafka_err2str(error)}});
        unsaid_.merge(saying_);
    }
    saying_.clear();
    return true;
}

}  // namespace reef::brokers::kafka
