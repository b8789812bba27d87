// A replica's feed between two stores in memory.
#include <gtest/gtest.h>

#include "committer_fixture.hpp"
#include "node/replicas/replica_feed.hpp"
#include "node/replicas/replica_store.hpp"
#include "stopped_clock.hpp"

namespace reef::node {
namespace {

using namespace model;
using namespace std::chrono_literals;

// Gives its writer away, so that a test can let it fail.
class FaultyStore final : public store::Store {
public:
    explicit FaultyStore(std::unique_ptr<store::Store> store) : store_(std::move(store)) {}
    std::unique_ptr<store::Writer> open_writer(asio::any_io_executor on) override {
        auto made = std::make_unique<test::FaultyWriter>(store_->open_writer(on), on);
        writer = made.get();
        return made;
    }
    std::unique_ptr<store::Reader> open_reader(asio::any_io_executor on) override {
        return store_->open_reader(std::move(on));
    }
    test::FaultyWriter* writer = nullptr;

private:
    const std::unique_ptr<store::Store> store_;
};

// A store with its committer and its progress, as a Database has them.
class Side {
public:
    Side(const Schema& schema, asio::io_context& io, std::unique_ptr<store::Store> made,
         std::function<void(const store::Ledger&)> committed = {})
        : store(std::move(made)),
          writer(store->open_writer(io.get_executor())),
          reader(store->open_reader(io.get_executor())),
          progress(test::value_of_task(reader->ledger()), system_clock()),
          committer({schema, *writer, system_clock(), io.get_executor(),
                     [&schema] {
                         commit::BatchContext now;
                         now.now = Time{1'000'000};
                         now.schema = schema.id();
                         return now;
                     },
                     [this, committed](const store::Ledger& ledger) {
                         progress.advance(ledger);
                         if (committed) committed(ledger);
                     }},
                    options()) {
        asio::co_spawn(io, test::run_into(&committer, &ended_with_, &ended_), asio::detached);
    }

    static commit::CommitOptions options() {
        commit::CommitOptions kept;  // the writes of these tests are of 1970
        kept.log_kept = kept.request_ids_kept = std::chrono::hours{100 * 366 * 24};
        return kept;
    }

    const std::unique_ptr<store::Store> store;
    const std::unique_ptr<store::Writer> writer;
    const std::unique_ptr<store::Reader> reader;
    commit::Progress progress;
    commit::Committer committer;

private:
    Result<void> ended_with_{Error{}};
    bool ended_ = false;
};

class ReplicaFeedTest : public testing::Test {
protected:
    ~ReplicaFeedTest() override {
        primary.committer.stop();
        replica.committer.stop();
        io.restart();
        io.run();
    }

    std::unique_ptr<store::Store> replica_store() {
        auto memory = std::make_unique<FaultyStore>(
            store::open_memory(schema, {.file = "", .node = "replica-1", .incarnation = "r"}));
        faulty = memory.get();
        return make_replica_store(
            std::move(memory),
            {.keeps_requests = false,
             .refused = [this](const RecordRef& ref,
                               const std::string& why) { state.refused(ref, why); },
             .has_refused = [this] { return state.has_refused(); },
             .saved = [this](const RecordRef& ref) { state.accepted(ref); },
             .broken = broken});
    }

    void write(const std::string& key, const std::string& name) {
        Intent intent = test::named(key, name);
        const auto known = test::value_of_task(primary.reader->get({0, Key{key}}));
        if (known && known->alive()) intent.kind = WriteKind::update;
        auto done = test::run_on(io, primary.committer.submit(std::move(intent)));
        ASSERT_TRUE(done && std::holds_alternative<Accepted>(*done));
    }
    void remove(const std::string& key) {
        Intent intent;
        intent.kind = WriteKind::remove;
        intent.key = Key{key};
        intent.received = Time{2'000'000};
        auto done = test::run_on(io, primary.committer.submit(std::move(intent)));
        ASSERT_TRUE(done && std::holds_alternative<Accepted>(*done));
    }
    Result<bool> catch_up() { return test::run_on(io, feed.catch_up()); }
    bool is_level() {
        const auto level = catch_up();
        return level && *level && state.report(*primary.progress.ledger(), 5s).equal;
    }
    std::string name_in(const Side& side, const std::string& key) {
        const auto row = test::value_of_task(side.reader->get({0, Key{key}}));
        return row && row->alive() ? std::get<std::string>(row->cells[1].value) : "-";
    }

    const Schema schema = test::things();
    asio::io_context io;
    test::StoppedClock clock;
    ReplicaState state{"replica-1", clock};
    std::atomic<bool> broken{false};
    FaultyStore* faulty = nullptr;
    Side primary{schema, io,
                 store::open_memory(schema, {.file = "", .node = "us", .incarnation = "1"})};
    Side replica{schema, io, replica_store(),
                 [this](const store::Ledger& ledger) { state.advance(ledger); }};
    ReplicaFeed feed{{schema, primary.progress, *primary.reader, replica.committer,
                      replica.progress, state, clock, "shop/us"}};
};

TEST_F(ReplicaFeedTest, ANewReplicaIsFilledAndFollowsTheLog) {
    write("a", "one");
    EXPECT_TRUE(is_level());
    EXPECT_EQ(state.report(*primary.progress.ledger(), 5s).fills, 1U);
    EXPECT_EQ(name_in(replica, "a"), "one");
    write("a", "two");
    write("b", "three");
    remove("b");
    write("b", "four");
    EXPECT_FALSE(state.report(*primary.progress.ledger(), 5s).equal);
    EXPECT_TRUE(is_level());
    EXPECT_EQ(name_in(replica, "a"), "two");
    EXPECT_EQ(name_in(replica, "b"), "four");
    EXPECT_EQ(state.report(*primary.progress.ledger(), 5s).fills, 1U);
    EXPECT_TRUE(state.takes_reads());
    // Nothing is kept but what a replica needs.
    EXPECT_TRUE(test::value_of_task(replica.reader->changes_after({}, {})).empty());
    EXPECT_TRUE(test::value_of_task(replica.reader->requests(0, {})).empty());
}

TEST_F(ReplicaFeedTest, AnEmptyPrimaryHasAnEmptyReplica) {
    EXPECT_TRUE(is_level());
    EXPECT_TRUE(state.takes_reads());
}

// Its position says what it has: not more, though its rows may be newer for a moment.
TEST_F(ReplicaFeedTest, ThePositionIsThePrimarys) {
    write("a", "one");
    ASSERT_TRUE(is_level());
    write("a", "two");
    EXPECT_TRUE(state.has(Dot{"us.1", 1}));
    EXPECT_FALSE(state.has(Dot{"us.1", 2}));
    ASSERT_TRUE(is_level());
    EXPECT_TRUE(state.has(Dot{"us.1", 2}));
}

TEST_F(ReplicaFeedTest, RowsThatChangeBesideTheLogAreFoundByTheirSums) {
    write("a", "one");
    write("b", "two");
    ASSERT_TRUE(is_level());
    // As a snapshot brings it, or a dead letter that is replayed.
    commit::Rows rows;
    Row row = *test::value_of_task(primary.reader->get({0, Key{"b"}}));
    row.cells[1].value = std::string{"three"};
    row.cells[1].stamp = {Time{9'000'000}, {"eu.1", 1}};
    row.vector.add_write("eu.1", 1);
    rows.rows.push_back(row);
    ASSERT_TRUE(test::run_on(io, primary.committer.load(std::move(rows))));
    ASSERT_EQ(name_in(primary, "b"), "three");
    // It may be one that is in the log in a moment.
    EXPECT_FALSE(is_level());
    clock.pass(1s);
    EXPECT_FALSE(is_level());
    clock.pass(2s);
    EXPECT_TRUE(is_level());
    EXPECT_EQ(name_in(replica, "b"), "three");
    EXPECT_TRUE(state.takes_reads());
}

TEST_F(ReplicaFeedTest, ARowThatIsRefusedEndsTheReadsUntilItIsThere) {
    write("a", "one");
    ASSERT_TRUE(is_level());
    faulty->writer->refused = {Key{std::string{"bad"}}};
    write("good", "two");
    write("bad", "three");
    write("better", "four");
    EXPECT_FALSE(is_level());
    EXPECT_EQ(name_in(replica, "good"), "two");
    EXPECT_EQ(name_in(replica, "better"), "four");
    EXPECT_EQ(name_in(replica, "bad"), "-");
    EXPECT_FALSE(state.takes_reads());
    auto report = state.report(*primary.progress.ledger(), 5s);
    EXPECT_EQ(report.state, "lacks rows");
    EXPECT_EQ(report.refused, 1U);
    for (const auto pause : {1s, 2s, 4s, 60s}) {  // tried again, and refused again
        const int begun = faulty->writer->begun;
        clock.pass(pause);
        EXPECT_FALSE(is_level());
        EXPECT_GT(faulty->writer->begun, begun);
    }
    faulty->writer->refused.clear();
    EXPECT_FALSE(is_level());  // not due
    clock.pass(60s);
    EXPECT_TRUE(is_level());
    EXPECT_EQ(name_in(replica, "bad"), "three");
    EXPECT_TRUE(state.takes_reads());
}

TEST_F(ReplicaFeedTest, ADatabaseThatIsAwayIsTriedAgain) {
    write("a", "one");
    ASSERT_TRUE(is_level());
    faulty->writer->commit_fails = Errc::unavailable;
    write("a", "two");
    const auto failed = catch_up();
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code, Errc::unavailable);
    faulty->writer->commit_fails.reset();
    EXPECT_TRUE(is_level());
    EXPECT_FALSE(broken);
}

// The node must not end with a replica's disk.
TEST_F(ReplicaFeedTest, StorageThatFailsIsToldAndEndsNothing) {
    write("a", "one");
    ASSERT_TRUE(is_level());
    faulty->writer->commit_fails = Errc::broken;
    write("a", "two");
    const auto failed = catch_up();
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code, Errc::unavailable);
    EXPECT_TRUE(broken);
}

TEST_F(ReplicaFeedTest, AReplicaThatIsAheadIsRefused) {
    write("a", "one");
    ASSERT_TRUE(is_level());
    commit::Rows rows;  // as if its primary had been put back from a copy
    rows.raised["us.1"] = {7, 7, {}};
    ASSERT_TRUE(test::run_on(io, replica.committer.load(std::move(rows))));
    const auto refused = catch_up();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::invalid);
    EXPECT_EQ(refused.error().what, "it has writes that its primary lacks, up to us.1:7");
}

TEST_F(ReplicaFeedTest, RowsThatNoFeedHasBroughtAreNoReplica) {
    commit::Rows rows;
    rows.raised["us.1"] = {7, 7, {}};
    ASSERT_TRUE(test::run_on(io, replica.committer.load(std::move(rows))));
    const auto refused = catch_up();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().what, "its store has rows that are not those of a replica");
}

TEST_F(ReplicaFeedTest, WhatWasAnsweredWithoutItEndsTheReadsUntilItHasIt) {
    write("a", "one");
    ASSERT_TRUE(is_level());
    write("a", "two");
    state.rest_until({"us.1", 2});
    EXPECT_FALSE(state.takes_reads());
    EXPECT_EQ(state.report(*primary.progress.ledger(), 5s).state, "resting");
    EXPECT_TRUE(is_level());
    EXPECT_TRUE(state.takes_reads());
    state.rest_until({"us.1", 2});  // it has it by now
    EXPECT_TRUE(state.takes_reads());
}

// Also of one that took no reads when the write was answered.
TEST_F(ReplicaFeedTest, NoReadsBeforeItHasWhatWasAnsweredMeanwhile) {
    write("a", "one");
    state.rest_until({"us.1", 2});
    ASSERT_TRUE(is_level());
    EXPECT_FALSE(state.takes_reads());
    write("a", "two");
    ASSERT_TRUE(is_level());
    EXPECT_TRUE(state.takes_reads());
}

TEST_F(ReplicaFeedTest, ItsAgeIsThatOfTheOldestChangeThatItLacks) {
    write("a", "one");
    ASSERT_TRUE(is_level());
    clock.pass(1h);
    EXPECT_EQ(state.age(), 0s);
    write("a", "two");
    state.primary_committed();
    clock.pass(3s);
    state.primary_committed();
    EXPECT_EQ(state.age(), 3s);
    EXPECT_EQ(state.report(*primary.progress.ledger(), 2s).state, "behind");
    ASSERT_TRUE(is_level());
    EXPECT_EQ(state.age(), 0s);
}

}  // namespace
}  // namespace reef::node
