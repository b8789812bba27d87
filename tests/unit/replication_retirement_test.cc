// Lives of stores that ended: three nodes over stores in memory, whose heartbeats are carried by
// hand.
#include "replication/retirement.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "islands.hpp"
#include "memory_store.hpp"
#include "peers/change_feed.hpp"
#include "peers/feed_lines.hpp"
#include "run.hpp"
#include "stopped_clock.hpp"

namespace reef::test {
namespace {

using namespace model;
using namespace std::chrono_literals;
using replication::LifeReport;

struct Member {
    Member(const Schema& schema, asio::io_context& io, Clock& clock, const std::string& its_name,
           std::vector<std::string> others)
        : name(its_name),
          store(store::open_memory(schema, {.file = "", .node = name, .incarnation = "2"})),
          writer(store->open_writer(io.get_executor())),
          reader(store->open_reader(io.get_executor())),
          progress(value_of_task(reader->ledger()), system_clock()),
          peers(std::move(others), clock),
          committer({schema, *writer, system_clock(), io.get_executor(),
                     [&schema] {
                         commit::BatchContext made;
                         made.schema = schema.id();
                         made.now = system_clock().now();
                         return made;
                     },
                     [this](const store::Ledger& ledger) { progress.advance(ledger); }},
                    {}),
          life_watch({progress, *reader, *reader, peers, [](const std::string&) {}}),
          inbox({schema, committer, progress, *reader, peers, life_watch, system_clock()}),
          retirement({committer, progress, peers, inbox, system_clock(), io.get_executor()},
                     {.quiet = 0s, .asked = 1ms, .asked_max = 1ms}) {
        asio::co_spawn(io, committer.run(), asio::detached);
    }
    // As it travels.
    peers::Heartbeat said() const {
        peers::Heartbeat heartbeat = peers::said_of(*progress.ledger(), peers);
        heartbeat.node = name;
        heartbeat.time = system_clock().now();
        std::string line;
        peers::append_line(line, heartbeat);
        line.pop_back();
        return std::get<peers::Heartbeat>(peers::parse_line(line).value());
    }
    bool has_retired(const OriginId& origin) const {
        const auto heartbeat = said();
        const bool stated =
            heartbeat.received.contains(origin) || heartbeat.applied.contains(origin);
        const bool retired = progress.ledger()->is_retired(origin);
        EXPECT_FALSE(stated && retired);
        return retired;
    }

    const std::string name;
    std::unique_ptr<store::Store> store;
    std::unique_ptr<store::Writer> writer;
    std::unique_ptr<store::Reader> reader;
    commit::Progress progress;
    peers::Peers peers;
    commit::Committer committer;
    replication::LifeWatch life_watch;
    replication::Inbox inbox;
    replication::Retirement retirement;
};

class RetirementTest : public testing::Test {
protected:
    const Schema schema = things();
    asio::io_context io;
    StoppedClock clock;  // nobody falls silent because a machine is busy
    Member us{schema, io, clock, "us", {"eu", "ap"}};
    Member eu{schema, io, clock, "eu", {"us", "ap"}};
    Member ap{schema, io, clock, "ap", {"us", "eu"}};
    const std::vector<Member*> all{&us, &eu, &ap};
    std::unique_ptr<Member> restored;
    Island first{schema, "us.1"};  // us's store before the one that it has now

    RetirementTest() { write(first, 3); }
    ~RetirementTest() override {
        for (Member* member : all)
            member->committer.stop();
        if (restored) restored->committer.stop();
        io.restart();
        io.run();
    }

    static void write(Island& at, int count) {
        for (int i = 0; i < count; ++i) {
            Intent intent;
            intent.kind = at.row(Key{"k"}) ? WriteKind::update : WriteKind::create;
            intent.key = Key{"k"};
            intent.fields = {{1, "n" + std::to_string(i)}};
            intent.received = system_clock().now();
            at.submit(intent);
        }
    }
    void give(Member& to, const Island& from, std::uint64_t begin, std::size_t count) {
        auto applied = run_on(io, to.committer.apply(from.run_of(from.ledger.self, begin, count)));
        ASSERT_TRUE(applied) << applied.error().what;
    }
    void give_all() {
        for (Member* member : all)
            give(*member, first, 1, 3);
    }
    // Everybody hears everybody.
    void hear() {
        for (Member* from : all) {
            const auto said = from->said();
            for (Member* to : all) {
                if (to != from)
                    to->peers.on_heartbeat(from->name, said, to->progress.ledger()->applied());
            }
        }
    }
    void look() {
        for (Member* member : all)
            ASSERT_TRUE(run_on(io, member->retirement.look()));
    }
    // So often that whatever is possible has happened.
    void rounds() {
        for (int round = 0; round < 6; ++round) {
            hear();
            look();
        }
        hear();
    }
    std::string why(Member& at, const std::string& what) {
        const auto lives = run_on(io, at.retirement.retire(what));
        if (!lives) return lives.error().what;
        return lives->front().retired ? "retired" : lives->front().why;
    }
    std::size_t count_retired(const OriginId& origin) const {
        return static_cast<std::size_t>(
            std::count_if(all.begin(), all.end(),
                          [&origin](const Member* one) { return one->has_retired(origin); }));
    }
};

TEST_F(RetirementTest, WhatAllHaveLeavesTheirPositions) {
    give_all();
    rounds();
    EXPECT_EQ(count_retired("us.1"), 3U);
    for (Member* member : all) {
        EXPECT_TRUE(member->said().ended->empty()) << "nobody has to hear of it any more";
        EXPECT_FALSE(member->peers.has_trouble(peers::fork));
        EXPECT_TRUE(covers(member->progress.ledger()->applied(), {{"us.1", 3}})) << "a token";
        EXPECT_TRUE(covers(member->progress.ledger()->applied(), member->peers.known_elsewhere()));
    }
    EXPECT_EQ(why(us, "us"), "retired");
}

TEST_F(RetirementTest, NothingBeyondTheEndIsTakenAndWhatIsKnownStaysKnown) {
    give_all();
    rounds();
    write(first, 1);
    const auto& log = first.log.at("us.1");
    const auto taken =
        run_on(io, eu.inbox.take({"ap", eu.inbox.epoch(), {log[1].json, log[3].json}})).value();
    EXPECT_EQ(taken.covers, (Position{{"us.1", 2}}));
    EXPECT_TRUE(eu.peers.has_trouble(peers::fork));
    EXPECT_EQ(eu.inbox.counts().forks, 1U);
    EXPECT_FALSE(run_on(io, eu.committer.apply(first.run_of("us.1", 4, 1))));
    EXPECT_EQ(seq_in(eu.progress.ledger()->received(), "us.1"), 3U);
    commit::Rows snapshot;
    snapshot.raised["us.1"] = {9, 9, {}};
    EXPECT_TRUE(run_on(io, eu.committer.load(std::move(snapshot))));
    EXPECT_EQ(seq_in(eu.progress.ledger()->received(), "us.1"), 3U);
}

// us's store is put back from when that life went on, and nobody states a position of it any more.
TEST_F(RetirementTest, WhoWasPutBackIntoARetiredLifeHearsItFirst) {
    give_all();
    rounds();
    ASSERT_EQ(count_retired("us.1"), 3U);
    const auto first_said = peers::said_of(*eu.progress.ledger(), eu.peers, "us");
    EXPECT_EQ(first_said.ended->at("us.1").last, 3U);
    EXPECT_TRUE(peers::said_of(*eu.progress.ledger(), eu.peers, "ap").ended->empty());
    us.peers.on_heartbeat("eu", first_said, {});
    EXPECT_EQ(us.peers.who_has({"us.1", 3}), (std::vector<std::string>{"eu"}));
    EXPECT_FALSE(us.peers.anyone_states("us.1"));
}

TEST_F(RetirementTest, ALifeThatGoesOnIsNotRetired) {
    give_all();
    rounds();
    EXPECT_EQ(count_retired("us.2"), 0U);
    EXPECT_EQ(count_retired("eu.2"), 0U);
    EXPECT_EQ(why(us, "us.2"), "us.2 is the life that goes on");
    EXPECT_EQ(why(eu, "us"), "ask its own node which of its lives goes on");
    EXPECT_EQ(why(eu, "eu"), "no life of eu has ended here");
}

TEST_F(RetirementTest, WhoIsSilentBlocksItAndIsNamed) {
    give_all();
    for (int round = 0; round < 5; ++round) {
        us.peers.on_heartbeat("eu", eu.said(), us.progress.ledger()->applied());
        eu.peers.on_heartbeat("us", us.said(), eu.progress.ledger()->applied());
        look();
    }
    EXPECT_EQ(why(us, "us"), "ap is silent");
    EXPECT_EQ(count_retired("us.1"), 0U);
    rounds();
    EXPECT_EQ(why(us, "us.1"), "retired");
}

TEST_F(RetirementTest, WhoLacksSomeOrHasMoreBlocksIt) {
    give(us, first, 1, 3);
    give(eu, first, 1, 3);
    give(ap, first, 1, 2);
    rounds();
    EXPECT_EQ(why(us, "us"), "ap lacks some of it");
    write(first, 1);
    give(ap, first, 3, 2);
    rounds();
    EXPECT_EQ(why(us, "us"), "ap has more of it");
    EXPECT_EQ(count_retired("us.1"), 0U);
}

TEST_F(RetirementTest, AVersionThatKnowsNothingOfThisIsNamed) {
    give_all();
    rounds();
    Island second{schema, "us.0"};
    write(second, 1);
    for (Member* member : all)
        give(*member, second, 1, 1);
    hear();
    auto yesterday = ap.said();
    yesterday.ended.reset();
    us.peers.on_heartbeat("ap", yesterday, us.progress.ledger()->applied());
    EXPECT_EQ(why(us, "us.0"), "the version of ap knows nothing of this");
}

// ap's store is put back from before the end: it says so by stating a position.
TEST_F(RetirementTest, ABackupFromBeforeTheEndGetsTheRest) {
    give(us, first, 1, 3);
    give(eu, first, 1, 3);
    give(ap, first, 1, 3);
    restored =
        std::make_unique<Member>(schema, io, clock, "ap", std::vector<std::string>{"us", "eu"});
    give(*restored, first, 1, 1);
    rounds();
    ASSERT_EQ(count_retired("us.1"), 3U);
    const auto exchange = [&] {
        for (Member* member : {&us, &eu}) {
            member->peers.on_heartbeat("ap", restored->said(),
                                       member->progress.ledger()->applied());
            restored->peers.on_heartbeat(member->name, member->said(),
                                         restored->progress.ledger()->applied());
        }
        ASSERT_TRUE(run_on(io, restored->retirement.look()));
    };
    exchange();
    exchange();
    EXPECT_EQ(restored->progress.ledger()->ended("us.1"),
              (store::EndedLife{3, first.ledger.origins.at("us.1").hash}));
    EXPECT_EQ(restored->peers.who_has({"us.1", 3}), (std::vector<std::string>{"eu", "us"}));
    EXPECT_FALSE(restored->has_retired("us.1"));
    give(*restored, first, 2, 2);
    exchange();
    exchange();
    EXPECT_TRUE(restored->has_retired("us.1"));
}

TEST_F(RetirementTest, AnotherEndThanTheOneHereIsAFork) {
    give_all();
    write(first, 1);
    give(eu, first, 4, 1);
    hear();
    peers::Heartbeat wrong = us.said();
    wrong.ended->emplace("us.1",
                         store::EndedLife{3, us.progress.ledger()->origins.at("us.1").hash});
    eu.peers.on_heartbeat("us", wrong, eu.progress.ledger()->applied());
    look();
    EXPECT_TRUE(eu.peers.has_trouble(peers::fork));
    EXPECT_FALSE(eu.progress.ledger()->ended("us.1"));
    EXPECT_FALSE(ap.peers.has_trouble(peers::fork));
}

// Of a region that is gone for ever, at a person's word.
TEST_F(RetirementTest, ANodeThatWasTakenOutOfTheAppIsRetired) {
    Island gone{schema, "xx.1"};
    write(gone, 2);
    for (Member* member : all)
        give(*member, gone, 1, 2);
    rounds();
    EXPECT_EQ(count_retired("xx.1"), 0U);
    EXPECT_NE(why(eu, "xx"), "retired") << "the others do not know it yet";
    rounds();
    EXPECT_EQ(count_retired("xx.1"), 3U);
    EXPECT_EQ(why(eu, "xx"), "retired");
}

}  // namespace
}  // namespace reef::test
