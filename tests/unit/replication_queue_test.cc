// The link of a node over a broker that takes each message off a queue by itself and keeps none, as
// RabbitMQ does.
#include "broker_fixture.hpp"

namespace reef::test {
namespace {

TEST_F(BrokerTest, OneMessageThatWaitsKeepsNoOtherFromBeingAcknowledged) {
    topic.keeps = false;
    us.start();
    eu.start();
    eu.peers.cut("us", true);
    write(us, 3);
    run_until([&] { return us.confirmed() == 3; });
    write(eu, 2, "other");
    run_until([&] { return eu.acknowledged.offsets == std::set<std::uint64_t>{3, 4}; });
    EXPECT_EQ(received(eu, "us.1"), 0U);
    eu.peers.cut("us", false);
    run_until([&] { return eu.acknowledged.up_to() == 5; });
    EXPECT_EQ(received(eu, "us.1"), 3U);
}

TEST_F(BrokerTest, WhatKeepsAFullQueueWaitingIsGivenUp) {
    topic.keeps = false;
    topic.window = 3;
    eu.options.reading.waits_max = 1ms;
    us.start();
    eu.start();
    eu.peers.cut("us", true);
    write(us, 3);
    run_until([&] { return eu.link->report().arrived == 3; });
    write(eu, 1, "other");
    run_until([&] { return eu.acknowledged.offsets.contains(3); });
    EXPECT_EQ(received(eu, "us.1"), 0U) << "peers have it";
}

class LogOf final : public replication::GapSource {
public:
    explicit LogOf(Node& node) : node_(node) {}
    Task<std::vector<std::string>> changes_after(Dot after, std::uint32_t) override {
        std::vector<std::string> changes;
        Position known;
        known[after.origin] = after.seq;
        auto entries = co_await node_.reader->changes_after(std::move(known), {});
        if (!entries) co_return entries.error();
        for (const store::LogEntry& entry : *entries)
            changes.push_back(entry.json);
        co_return changes;
    }

private:
    Node& node_;
};

TEST_F(BrokerTest, AChangeThatIsTooLongForAHeaderGoesByItsName) {
    topic.keeps = false;
    us.start();
    eu.start();
    write(us, 1);
    run_until([&] { return received(eu, "us.1") == 1; });
    topic.header_bytes_max = 300;
    write(us, 2);
    run_until([&] { return eu.link->report().arrived == 3; });
    const std::string& named = *topic.messages[2].header(brokers::change_header);
    EXPECT_EQ(*bytes_before(named),
              run_on(io, us.reader->change({"us.1", 3})).value()->json.size());
    EXPECT_EQ(eu.acknowledged.up_to(), 1U) << "the store does not have them yet";
    LogOf log{us};
    eu.tasks->start("gaps", eu.inbox.fill_gaps(log));
    run_until([&] { return eu.acknowledged.up_to() == 3; });
    EXPECT_EQ(us.progress.ledger()->digests, eu.progress.ledger()->digests);
    EXPECT_TRUE(dead.messages.empty());
    eu.stop();  // before the log
    eu.tasks.reset();
}

}  // namespace
}  // namespace reef::test
