#include "brokers/dead_messages.hpp"

#include "base/log.hpp"
#include "brokers/message_json.hpp"

namespace reef::brokers {

namespace {

// Where a message has no place of its own, its content names it. When it comes again its letter may
// still be here: a header that counts makes it another one.
void count_try(Message& message) {
    constexpr const char* again_header = "atoll-again";
    for (auto& [name, value] : message.headers) {
        if (name != again_header) continue;
        value += '+';
        return;
    }
    message.headers.emplace_back(again_header, "+");
}

}  // namespace

// The reader puts aside what is no change, and meanwhile the import of other programs' messages
// puts aside what can be no record; a sink takes one call at a time.
Task<void> DeadMessages::put_aside(Arrived arrived, std::string reason) {
    if (!parts_.keeps) co_return Result<void>{};
    const auto turn = co_await putting_aside_.lock();
    if (!turn) co_return turn.error();
    co_return co_await put_aside_now(std::move(arrived), std::move(reason));
}

// The store comes first: whoever reads the topic of the dead finds the message in the list as well.
Task<void> DeadMessages::put_aside_now(Arrived arrived, std::string reason) {
    log::warn("A message was put aside",
              {{"place", arrived.place}, {"offset", arrived.offset}, {"reason", reason}});
    auto kept = co_await keep_in_store(arrived, reason);
    if (!kept) co_return kept.error();
    std::string topic = parts_.topic.empty() ? arrived.message.topic + ".dead" : parts_.topic;
    std::unique_ptr<Sink>& dead = dead_[topic];
    if (!dead) dead = parts_.broker.open_sink({topic});
    std::vector<Message> messages;
    arrived.message.headers.emplace_back("atoll-reason", std::move(reason));
    arrived.message.headers.emplace_back("atoll-place",
                                         arrived.place + ':' + std::to_string(arrived.offset));
    arrived.message.topic = std::move(topic);
    messages.push_back(std::move(arrived.message));
    auto sent = co_await dead->publish(std::move(messages));
    if (!sent) co_return sent.error();
    ++count_;
    co_return Result<void>{};
}

// False: the store takes no more dead letters. Then only the topic has this one.
Task<bool> DeadMessages::keep_in_store(const Arrived& arrived, const std::string& reason) {
    commit::Rows rows;
    store::DeadLetter letter;
    letter.source = std::string{message_letter} + arrived.place;
    letter.seq = arrived.offset;
    letter.reason = reason;
    letter.body = message_json(arrived.message);
    rows.letters.push_back(std::move(letter));
    auto kept = co_await parts_.committer.load(std::move(rows));
    if (kept) co_return true;
    if (kept.error().code == Errc::overloaded) co_return false;
    co_return kept.error();
}

Task<void> DeadMessages::send_again(Message message) {
    const auto turn = co_await sending_again_.lock();
    if (!turn) co_return turn.error();
    if (!again_) again_ = parts_.broker.open_sink({});
    if (!parts_.broker.keeps_messages()) count_try(message);
    std::vector<Message> messages;
    messages.push_back(std::move(message));
    auto sent = co_await again_->publish(std::move(messages));
    if (!sent) co_return sent.error();
    co_return Result<void>{};
}

}  // namespace reef::brokers
