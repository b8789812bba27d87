// The link of a node over a broker in memory: two nodes with nothing but a topic between
// them, and everything that a broker may do to it.
#include "broker_fixture.hpp"

namespace reef::test {
namespace {

using namespace model;
using namespace std::chrono_literals;
using brokers::Message;

TEST_F(BrokerTest, WhatOneWritesTheOtherHas) {
    us.start();
    eu.start();
    write(us, 12);
    write(eu, 12, "other");
    run_until([&] { return received(eu, "us.1") == 12 && received(us, "eu.1") == 12; });
    EXPECT_EQ(us.progress.ledger()->digests, eu.progress.ledger()->digests);
    run_until([&] { return eu.acknowledged.up_to() == 24 && us.acknowledged.up_to() == 24; });
}

TEST_F(BrokerTest, TheLogWaitsWhileTheBrokerIsAway) {
    us.start();
    topic.away = true;
    write(us, 20);
    EXPECT_EQ(us.confirmed(), 0U);
    topic.away = false;
    run_until([&] { return us.confirmed() == 20; });
    EXPECT_EQ(published(), up_to(20));
    EXPECT_TRUE(us.link->report().publishing);
}

TEST_F(BrokerTest, ANodeSendsOnlyWhatItKnowsToBeDurable) {
    us.start();
    topic.away = true;
    write(us, 1);
    us.hears = false;
    write(us, 1);
    topic.away = false;
    run_until([&] { return us.confirmed() >= 1; });
    EXPECT_EQ(published(), up_to(1));
    us.progress.advance(us.newest);
    run_until([&] { return us.acknowledged.up_to() == 2; });
    EXPECT_EQ(published(), up_to(2));
    EXPECT_EQ(us.inbox.counts().forks, 0U);
}

TEST_F(BrokerTest, APieceThatBrokeOffIsSentAgainWhole) {
    us.start();
    topic.away = true;
    write(us, 10);
    topic.lose_after = 3;
    topic.away = false;
    run_until([&] { return topic.messages.size() > 12; });
    topic.lose_after = 1'000'000;
    eu.start();
    run_until([&] { return received(eu, "us.1") == 10; });
    EXPECT_GT(eu.inbox.counts().duplicates, 0U);
    EXPECT_EQ(us.progress.ledger()->digests, eu.progress.ledger()->digests);
}

TEST_F(BrokerTest, ARestartGoesOnWhereTheBrokerStood) {
    us.start();
    write(us, 7);
    const auto saved = [&] {
        const auto ledger = us.progress.ledger();
        const auto found = ledger->cursors.find("published");
        return found != ledger->cursors.end() && found->second == "us.1:7 topic.0:6";
    };
    run_until(saved);
    us.stop();
    us.start();
    write(us, 3);
    run_until([&] { return us.confirmed() == 10; });
    EXPECT_EQ(published(), up_to(10));
}

TEST_F(BrokerTest, ATopicMadeAnewGetsAllThatTheLogHolds) {
    us.start();
    write(us, 6);
    run_until([&] { return us.confirmed() == 6; });
    topic.messages.clear();
    write(us, 1);
    eu.start();
    run_until([&] { return received(eu, "us.1") == 7; });
    EXPECT_EQ(us.progress.ledger()->digests, eu.progress.ledger()->digests);
}

TEST_F(BrokerTest, WhatAnEarlierLifeHadNotSentIsSent) {
    us.start();
    write(us, 3);
    run_until([&] { return us.progress.ledger()->cursors.contains("published"); });
    topic.away = true;
    write(us, 4);
    commit::RunStart start;
    start.life = "us.2";
    ASSERT_TRUE(run_on(io, us.committer.start(std::move(start))));
    write(us, 2);
    topic.away = false;
    eu.start();
    run_until([&] { return received(eu, "us.1") == 7 && received(eu, "us.2") == 2; });
    EXPECT_EQ(us.progress.ledger()->digests, eu.progress.ledger()->digests);
    const auto saved = [&] {
        const std::string text = us.progress.ledger()->cursors.at("published");
        return text.substr(0, text.find(' '));
    };
    run_until([&] { return saved() == "us.2:2"; });
}

TEST_F(BrokerTest, NothingIsAcknowledgedThatTheStoreDoesNotHave) {
    us.start();
    eu.start();
    write(us, 5);
    run_until([&] { return eu.acknowledged.up_to() == 5; });
    eu.writer.away = 3;
    const int feeds = topic.feeds;
    write(us, 5);
    run_until([&] { return received(eu, "us.1") == 10; });
    EXPECT_GT(topic.feeds, feeds) << "what was forgotten is read again";
    run_until([&] { return eu.acknowledged.up_to() == 10; });
    EXPECT_EQ(us.progress.ledger()->digests, eu.progress.ledger()->digests);
}

TEST_F(BrokerTest, WhatANodeSentWhileItWasCutOffComesOnceItIsNot) {
    us.start();
    eu.start();
    eu.peers.cut("us", true);
    write(us, 5);
    run_until([&] { return us.confirmed() == 5; });
    write(eu, 1, "other");
    run_until([&] { return eu.link->report().arrived == 6; });
    EXPECT_EQ(received(eu, "us.1"), 0U);
    EXPECT_EQ(eu.acknowledged.up_to(), 0U);
    eu.peers.cut("us", false);
    run_until([&] { return received(eu, "us.1") == 5; });
}

TEST_F(BrokerTest, ReadingCanBeginAnew) {
    us.start();
    write(us, 5);
    run_until([&] { return us.confirmed() == 5; });
    eu.acknowledged.offsets = {0, 1, 2, 3,
                               4};  // as one whose store was lost, but not its place at the broker
    eu.start();
    run_until([&] { return topic.feeds == 2; });
    EXPECT_EQ(received(eu, "us.1"), 0U);
    eu.link->begin_anew({"us.1", 0});
    run_until([&] { return received(eu, "us.1") == 5; });
}

// The nodes share a secret; whoever else writes to the topic does not know it.
class SignedBrokerTest : public BrokerTest {
protected:
    static brokers::ChangeSigner signer(const std::vector<std::string>& secrets) {
        return {"app", secrets};
    }
    void start(const std::vector<std::string>& of_us, const std::vector<std::string>& of_eu) {
        us.options.signer = signer(of_us);
        eu.options.signer = signer(of_eu);
        us.start();
        eu.start();
    }
    // As us's heartbeat makes it known.
    void hear_that_us_signs() {
        commit::Rows known;
        known.cursors[brokers::signs_cursor("us")] = "1";
        ASSERT_TRUE(run_on(io, eu.committer.load(std::move(known))));
    }
    // What us could write next, in somebody else's words.
    std::string forged_next() {
        Island forger{schema, "us.1"};
        for (std::uint64_t seq = 0; seq <= us.progress.ledger()->seq(); ++seq) {
            Intent intent;
            intent.kind = seq == 0 ? WriteKind::create : WriteKind::update;
            intent.key = Key{std::string{"k"}};
            intent.fields = {{1, std::string{"forged"}}};
            intent.received = system_clock().now();
            forger.submit(intent);
        }
        return forger.log["us.1"].back().json;
    }
    void put(const std::string& json, const std::optional<std::string>& signature) {
        Message message{"topic", "k", "{}", {{brokers::change_header, json}}, 0};
        if (signature) message.headers.emplace_back(brokers::sign_header, *signature);
        topic.messages.push_back(std::move(message));
    }
    void expect_the_same_row() {
        EXPECT_EQ(us.progress.ledger()->digests, eu.progress.ledger()->digests);
        EXPECT_EQ(eu.inbox.counts().forks, 0U);
        EXPECT_TRUE(dead.messages.empty());
    }
};

TEST_F(SignedBrokerTest, AForgedNextChangeIsNotReceivedAndTheTrueOneIs) {
    start({"s"}, {"s"});
    hear_that_us_signs();
    write(us, 2);
    run_until([&] { return received(eu, "us.1") == 2; });
    const std::string forged = forged_next();
    put(forged, std::nullopt);
    put(forged, signer({"guessed"}).sign(forged));
    put(forged, *topic.messages.front().header(brokers::sign_header));
    put("{}", "1:");
    put("no change", std::nullopt);
    run_until([&] { return eu.link->report().not_signed == 5; });
    EXPECT_EQ(received(eu, "us.1"), 2U);
    write(us, 1);
    run_until([&] { return received(eu, "us.1") == 3; });
    run_until([&] { return eu.acknowledged.up_to() == topic.messages.size(); });
    expect_the_same_row();
}

TEST_F(SignedBrokerTest, SecretsAreExchangedWhileTheNodesRun) {
    start({"old", "new"}, {"new", "old"});
    hear_that_us_signs();
    write(us, 3);
    write(eu, 3, "other");
    run_until([&] { return received(eu, "us.1") == 3 && received(us, "eu.1") == 3; });
    us.stop();
    us.options.signer = signer({"new"});
    us.start();
    write(us, 3);
    run_until([&] { return received(eu, "us.1") == 6; });
    EXPECT_EQ(eu.link->report().not_signed, 0U);
    expect_the_same_row();
}

TEST_F(SignedBrokerTest, ANodeThatDoesNotSignYetIsUnderstoodUntilItSaysThatItSigns) {
    start({}, {"s"});
    write(us, 2);
    run_until([&] { return received(eu, "us.1") == 2; });
    EXPECT_EQ(eu.link->report().not_signed, 0U);
    us.stop();
    us.options.signer = signer({"s"});
    us.start();
    hear_that_us_signs();
    put(forged_next(), std::nullopt);
    run_until([&] { return eu.link->report().not_signed == 1; });
    write(us, 1);
    run_until([&] { return received(eu, "us.1") == 3; });
    expect_the_same_row();
}

// Another program's messages: us imports them, or eu once us has fallen silent.
class ForeignBrokerTest : public BrokerTest {
protected:
    void SetUp() override {
        write(us, 1);
        us.start(true, brokers::ForeignOptions{});
        run_until([&] { return us.confirmed() == 1; });
    }
    void start_eu(std::chrono::milliseconds silence) {
        brokers::ForeignOptions waiting;
        waiting.before = {"us"};
        waiting.silence = silence;
        waiting.look = 1ms;
        eu.start(false, waiting);
    }
    void tell(std::uint64_t version, const std::string& more = "", const std::string& key = "k") {
        const std::string body = R"({"id":")" + key + R"(","name":"n)" + std::to_string(version) +
                                 R"(","version":)" + std::to_string(version) + more + '}';
        topic.messages.push_back({"topic", key, body, {}, 1});
    }
    std::uint64_t version(Node& at) {
        const auto row = run_on(io, at.reader->get({0, Key{std::string{"k"}}})).value();
        return row ? version_of(*row) : 0;
    }
};

TEST_F(ForeignBrokerTest, OneNodeImportsAndTheOtherHasItsChange) {
    start_eu(1h);
    tell(2);
    tell(3);
    run_until([&] { return version(eu) == 3; });
    EXPECT_EQ(us.progress.ledger()->seq(), 3U);
    EXPECT_EQ(eu.progress.ledger()->seq(), 0U);
    EXPECT_EQ(us.link->report().imported, 2U);
    const std::size_t all = topic.messages.size();
    run_until([&] { return us.acknowledged.up_to() == all && eu.acknowledged.up_to() == all; });
    EXPECT_EQ(us.progress.ledger()->digests, eu.progress.ledger()->digests);
}

TEST_F(ForeignBrokerTest, WhatNobodyHasImportedIsNotAcknowledged) {
    start_eu(1h);
    run_until([&] { return eu.acknowledged.up_to() == 1; });
    us.stop();
    tell(2);
    run_until([&] { return eu.link->report().foreign == 1; });
    EXPECT_EQ(eu.acknowledged.up_to(), 1U);
    us.start(true, brokers::ForeignOptions{});
    run_until([&] { return version(eu) == 2 && eu.acknowledged.up_to() == 3; });
    EXPECT_EQ(eu.progress.ledger()->seq(), 0U);
}

TEST_F(ForeignBrokerTest, ASilentNodeIsNotWaitedFor) {
    us.stop();
    tell(2);
    start_eu(1ms);
    run_until([&] { return version(eu) == 2; });
    EXPECT_EQ(eu.link->report().imported, 1U);
    us.start(true, brokers::ForeignOptions{});
    run_until([&] { return received(us, "eu.1") == 1; });
    // It may have imported the message itself before it heard of that: a twin.
    run_until([&] { return received(eu, "us.1") == us.progress.ledger()->seq(); });
    run_until([&] { return us.acknowledged.up_to() == topic.messages.size(); });
    EXPECT_EQ(us.progress.ledger()->digests, eu.progress.ledger()->digests);
    const bool twin = us.progress.ledger()->seq() == 2;
    EXPECT_EQ(version(us), twin ? 3U : 2U) << "the number skips one for a twin";
}

TEST_F(ForeignBrokerTest, WhatNeverComesIsNotWaitedForLong) {
    us.stop();
    write(eu, 2, "other");
    auto entries = run_on(io, eu.reader->changes_after({}, {})).value();
    Message late = us.shape.message(parse_change(schema, entries[1].json).value(), entries[1].json);
    topic.messages.push_back(std::move(late));  // and not the one before it
    tell(2);
    brokers::ForeignOptions patient;
    patient.order = 1s;
    us.start(true, patient);
    run_until([&] { return version(us) == 2; });
    EXPECT_EQ(received(us, "eu.1"), 0U);
}

TEST_F(ForeignBrokerTest, WhatTheDatabaseRefusesIsPutAsideAndTheRestImported) {
    us.writer.refused.insert(Key{std::string{"bad"}});
    tell(2);
    tell(1, "", "bad");
    tell(3);
    tell(4);
    tell(5, R"(,"stage":"never")");
    run_until([&] { return version(us) == 4 && dead.messages.size() == 2; });
    EXPECT_EQ(us.link->report().imported, 3U);
    EXPECT_EQ(run_on(io, us.reader->dead_letters(0, {})).value().size(), 2U);
}

TEST_F(BrokerTest, WhatIsNoChangeIsPutAsideByOneNode) {
    topic.messages.push_back({"topic", "10", "x", {{brokers::change_header, "{}"}}, 0});
    us.start(true);
    eu.start();
    write(us, 2);
    run_until([&] { return received(eu, "us.1") == 2 && us.acknowledged.up_to() == 3; });
    const auto letters = run_on(io, us.reader->dead_letters(0, {})).value();
    ASSERT_EQ(letters.size(), 1U);
    EXPECT_EQ(letters[0].source, "message/topic.0");
    EXPECT_EQ(letters[0].seq, 0U);
    EXPECT_EQ(brokers::parse_message(letters[0].body)->body, "x");
    ASSERT_EQ(dead.messages.size(), 1U);
    EXPECT_EQ(*dead.messages[0].header("atoll-place"), "topic.0:0");
    EXPECT_TRUE(run_on(io, eu.reader->dead_letters(0, {})).value().empty());
}

}  // namespace
}  // namespace reef::test
