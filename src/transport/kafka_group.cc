#include "transport/kafka_group.hpp"

namespace reef::transport::kafka {

namespace {

constexpr int answer_ms = 2000;
constexpr int last_answer_ms = 500;

Partitions list_of(const Offsets& offsets) {
    Partitions list{rd_kafka_topic_partition_list_new(static_cast<int>(offsets.size()))};
    for (const auto& [at, offset] : offsets) {
        rd_kafka_topic_partition_list_add(list.get(), at.first.c_str(), at.second)->offset = offset;
    }
    return list;
}

Result<Offsets> offsets_in(const rd_kafka_group_result_t* answer) {
    if (const auto* failed = rd_kafka_group_result_error(answer)) {
        return unavailable(rd_kafka_error_code(failed), "the group's offsets");
    }
    Offsets offsets;
    const auto* list = rd_kafka_group_result_partitions(answer);
    for (int i = 0; list && i < list->cnt; ++i) {
        const rd_kafka_topic_partition_t& one = list->elems[i];
        if (one.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
            return unavailable(one.err, "the group's offsets");
        }
        if (one.offset >= 0) offsets[{one.topic, one.partition}] = one.offset;
    }
    return offsets;
}

}  // namespace

Task<Offsets> group_offsets(Client& client, std::string group, Offsets wanted) {
    const Partitions list = list_of(wanted);
    const Owned<rd_kafka_ListConsumerGroupOffsets_t> wish{
        rd_kafka_ListConsumerGroupOffsets_new(group.c_str(), list.get())};
    const auto admin =
        admin_options(client.handle(), RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS, answer_ms);
    rd_kafka_ListConsumerGroupOffsets_t* wishes[] = {wish.get()};
    rd_kafka_ListConsumerGroupOffsets(client.handle(), wishes, 1, admin.get(), client.queue());
    for (;;) {
        auto event = co_await client.next();
        if (!event) co_return event.error();
        const auto* answer = rd_kafka_event_ListConsumerGroupOffsets_result(event->get());
        if (!answer) continue;
        if (const auto error = rd_kafka_event_error(event->get())) {
            co_return unavailable(error, "the group's offsets were asked for");
        }
        std::size_t count = 0;
        const auto* const* groups = rd_kafka_ListConsumerGroupOffsets_result_groups(answer, &count);
        if (count != 1) co_return Error{Errc::unavailable, "the group's offsets: no answer"};
        co_return offsets_in(groups[0]);
    }
}

void say_offsets(rd_kafka_t* handle, rd_kafka_queue_t* answers, const std::string& group,
                 const Offsets& offsets) {
    const Partitions list = list_of(offsets);
    const Owned<rd_kafka_AlterConsumerGroupOffsets_t> wish{
        rd_kafka_AlterConsumerGroupOffsets_new(group.c_str(), list.get())};
    const auto admin =
        admin_options(handle, RD_KAFKA_ADMIN_OP_ALTERCONSUMERGROUPOFFSETS, answer_ms);
    rd_kafka_AlterConsumerGroupOffsets_t* wishes[] = {wish.get()};
    rd_kafka_AlterConsumerGroupOffsets(handle, wishes, 1, admin.get(), answers);
}

Result<void> check_said(rd_kafka_event_t* event) {
    constexpr const char* what = "the group's offsets were said";
    if (const auto error = rd_kafka_event_error(event)) return unavailable(error, what);
    const auto* answer = rd_kafka_event_AlterConsumerGroupOffsets_result(event);
    std::size_t count = 0;
    const auto* const* groups = rd_kafka_AlterConsumerGroupOffsets_result_groups(answer, &count);
    if (count != 1) return Error{Errc::unavailable, what};
    if (auto said = offsets_in(groups[0]); !said) return said.error();
    return {};
}

void say_last_offsets(rd_kafka_t* handle, const std::string& group, const Offsets& offsets) {
    const Owned<rd_kafka_queue_t> answers{rd_kafka_queue_new(handle)};
    say_offsets(handle, answers.get(), group, offsets);
    static_cast<void>(Event{rd_kafka_queue_poll(answers.get(), last_answer_ms)});
}

}  // namespace reef::transport::kafka
