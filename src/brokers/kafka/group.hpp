// The offsets that a consumer group has at the broker: read when a feed begins, said as it goes on.
// Nobody joins the group, so that nobody is waited for. On a handle of its own, since one that has
// told a group something cannot be closed while the group's coordinator is away. (librdkafka's
// admin calls for offsets end the process when their broker dies: its pull request 5397.)
#pragma once

#include "brokers/kafka/client.hpp"

namespace reef::brokers::kafka {

class Group {
public:
    Group(const KafkaOptions& options, Worker& blocking);
    ~Group();  // waits half a second for an answer that it still expects
    Group(const Group&) = delete;
    Group& operator=(const Group&) = delete;

    // Of those of `wanted` that the group has. unavailable: its coordinator cannot be asked.
    Task<Offsets> offsets(Offsets wanted);

    // Tells the group, once a second at most and one thing after the other: say it again, also when
    // nothing is new.
    void say(Offsets offsets);

private:
    Result<void> open();
    void send();
    bool is_answered(int wait_ms);

    const KafkaOptions& options_;
    Worker& blocking_;
    rd_kafka_t* handle_ = nullptr;
    Owned<rd_kafka_queue_t> answers_;
    Offsets unsaid_;
    Offsets saying_;  // the group was told, and has not answered
    std::chrono::steady_clock::time_point said_{};
};

}  // namespace reef::brokers::kafka
