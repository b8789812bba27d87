// Takes what a broker brings: changes go to the inbox, what calls itself one and is none is put
// aside. What was taken is acknowledged when the store has it, never before. When the inbox has
// forgotten what it held, or had no room for it, reading begins again behind what was acknowledged.
#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "brokers/broker.hpp"
#include "brokers/foreign.hpp"
#include "commit/progress.hpp"
#include "peers/peers.hpp"
#include "replication/inbox.hpp"

namespace reef::replication {

struct BrokerReaderOptions {
    bool keeps_letters = false;  // of all nodes that see a message that is none, one puts it aside
    std::optional<brokers::ForeignOptions> foreign =
        {};  // absent: other programs' messages are passed over
    std::chrono::milliseconds retry_min{100};
    std::chrono::milliseconds retry_max{1000};
};

struct BrokerReaderParts {
    commit::Committer& committer;
    commit::Progress& progress;
    Inbox& inbox;
    peers::Peers& peers;
    Clock& clock;
    brokers::Broker& broker;
    std::string dead_topic;
    const brokers::MessageShape& shape;
};

// For metrics; readable from any thread.
struct BrokerCounts {
    std::atomic<std::uint64_t> arrived{0};
    std::atomic<std::uint64_t> put_aside{0};
    std::atomic<std::uint64_t> foreign{0};  // without a change: of other programs
    std::atomic<bool> reading{false};
};

class BrokerReader {
public:
    BrokerReader(BrokerReaderParts parts, BrokerReaderOptions options);
    ~BrokerReader();

    // All run until they are cancelled.
    asio::awaitable<void> run();
    asio::awaitable<void> acknowledge();
    asio::awaitable<void> adopt();

    // Nobody has what follows `gap`, but the broker may: reading begins again with the oldest
    // message that is there. Once for each gap.
    void begin_anew(const model::Dot& gap);

    const BrokerCounts& counts() const { return counts_; }
    std::uint64_t adopted() const { return foreign_ ? foreign_->adopted() : 0; }

private:
    struct Unacknowledged {
        std::uint64_t mark = 0;
        model::Position covers;     // when this is received here …
        std::uint64_t foreign = 0;  // … and what others wrote is settled up to this number
    };

    Task<void> follow();
    Task<void> read();
    Task<void> take(std::vector<brokers::Arrived> arrived);
    Task<void> take_foreign(std::vector<brokers::Arrived> arrived, Unacknowledged& entry);
    Task<void> put_aside(brokers::Arrived arrived, std::string reason);
    Task<void> put_aside_now(brokers::Arrived arrived, std::string reason);
    void acknowledge_durable();
    void pass_over(const brokers::Arrived& arrived);
    bool is_held(const model::OriginId& origin);
    bool must_begin_again() const;

    const BrokerReaderParts parts_;
    const BrokerReaderOptions options_;
    BrokerCounts counts_;
    std::unique_ptr<brokers::BrokerFeed> feed_;
    std::unique_ptr<brokers::Sink> dead_;  // from the first message on that goes there
    bool putting_aside_ = false;
    std::optional<brokers::ForeignMessages> foreign_;
    model::Position taken_;    // of others' changes, by this feed
    std::uint64_t epoch_ = 0;  // of the inbox, when the feed began
    std::deque<Unacknowledged> unacknowledged_;
    std::uint64_t acknowledged_ = 0;           // mark of this feed
    std::set<std::string, std::less<>> held_;  // nodes cut off, some of whose changes were left
    bool from_start_ = false;
    model::Dot gap_;  // for which reading began anew
};

}  // namespace reef::replication
