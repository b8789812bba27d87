// Messages of a broker that are no change, or that can be no record here. Each becomes a dead
// letter in the store of one node, and a copy goes to the topic of the dead, for programs that
// watch it. A person who has found the cause sends the message to its topic again. On one executor.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <string>

#include "base/async_mutex.hpp"
#include "brokers/broker.hpp"
#include "commit/committer.hpp"

namespace reef::brokers {

struct DeadMessagesParts {
    commit::Committer& committer;
    Broker& broker;
    std::string topic;   // of the dead; "": where a message lay, with ".dead" behind the name
    bool keeps = false;  // all nodes see such a message, and one puts it aside: is it this one?
};

class DeadMessages {
public:
    explicit DeadMessages(DeadMessagesParts parts) : parts_(std::move(parts)) {}

    // Returns when the store and the topic of the dead have it; at once where another node keeps
    // it. Any number of calls may be under way: they are done one at a time.
    Task<void> put_aside(Arrived arrived, std::string reason);
    // Into its own topic: whoever can read it by now takes it there, as if it had just come.
    Task<void> send_again(Message message);

    // From any thread: how many were put aside.
    std::uint64_t count() const { return count_; }

private:
    Task<void> put_aside_now(Arrived arrived, std::string reason);
    Task<bool> keep_in_store(const Arrived& arrived, const std::string& reason);

    const DeadMessagesParts parts_;
    std::atomic<std::uint64_t> count_{0};
    std::map<std::string, std::unique_ptr<Sink>> dead_;  // by topic, from the first message on
    std::unique_ptr<Sink> again_;  // from the first message on that is sent again
    // A sink takes one call at a time.
    AsyncMutex putting_aside_;
    AsyncMutex sending_again_;
};

}  // namespace reef::brokers
