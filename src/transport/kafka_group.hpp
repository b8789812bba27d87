// The offsets that a consumer group has at the broker: read when a feed begins, said as it goes on.
// Nobody joins the group, so that nobody is waited for.
#pragma once

#include "transport/kafka_client.hpp"

namespace reef::transport::kafka {

// Of those of `wanted` that the group has. unavailable: its coordinator cannot be asked.
Task<Offsets> group_offsets(Client& client, std::string group, Offsets wanted);

// Sends them; the answer is an event of the queue. One group is asked for at a time.
void say_offsets(rd_kafka_t* handle, rd_kafka_queue_t* answers, const std::string& group,
                 const Offsets& offsets);
// What it says: unavailable when the group does not have them.
Result<void> check_said(rd_kafka_event_t* answer);

// The same, and waits for it, for half a second. Blocks.
void say_last_offsets(rd_kafka_t* handle, const std::string& group, const Offsets& offsets);

}  // namespace reef::transport::kafka
