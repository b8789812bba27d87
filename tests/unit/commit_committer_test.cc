// The committer over a store whose writer fails when told to.
#include <set>
#include <thread>

#include "committer_fixture.hpp"
#include "stopped_clock.hpp"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/lsan_interface.h>
#endif

namespace reef::test {
namespace {

using namespace model;

TEST_F(CommitterTest, WhatWaitsIsOneBatch) {
    make();
    for (int i = 0; i < 5; ++i)
        submit(named("k" + std::to_string(i), "n"));
    io.poll();
    io.restart();
    EXPECT_EQ(answered, 0);
    start();
    stop_and_finish();
    EXPECT_EQ(answered, 5);
    EXPECT_EQ(writer.batch_sizes, std::vector<std::size_t>{5});
    EXPECT_EQ(durable, 1);
    EXPECT_EQ(committer->counts().batches, 1U);
    EXPECT_EQ(committer->counts().items, 5U);
    EXPECT_EQ(writer.idles, 1);
    EXPECT_EQ(writer.trims, 1);
}

TEST_F(CommitterTest, BatchIsBoundedByRows) {
    options.batch_rows_max = 2;
    make();
    for (int i = 0; i < 5; ++i)
        submit(named("k" + std::to_string(i), "n"));
    io.poll();
    io.restart();
    start();
    stop_and_finish();
    EXPECT_EQ(writer.batch_sizes, (std::vector<std::size_t>{2, 2, 1}));
}

TEST_F(CommitterTest, NextBatchIsWhoeverCameMeanwhile) {
    make();
    int begun = 0;
    writer.on_begin = [&] {
        if (begun++ > 0) return;
        for (int i = 0; i < 3; ++i)
            submit(named("later" + std::to_string(i), "n"));
    };
    start();
    io.poll();  // idle, waiting
    submit(named("first", "n"));
    io.poll();
    stop_and_finish();
    EXPECT_EQ(writer.batch_sizes, (std::vector<std::size_t>{1, 3}));
    EXPECT_EQ(answered, 4);
}

TEST_F(CommitterTest, FullQueueRefusesAtOnce) {
    options.queue_writes_max = 2;
    make();
    for (int i = 0; i < 3; ++i)
        submit(named("k" + std::to_string(i), "n"));
    io.poll();
    io.restart();
    ASSERT_EQ(answered, 1);
    EXPECT_EQ(error(2), Errc::overloaded);
    EXPECT_EQ(committer->counts().refused_full, 1U);
    start();
    stop_and_finish();
    EXPECT_TRUE(accepted(0));
    EXPECT_TRUE(accepted(1));
}

TEST_F(CommitterTest, RowThatTheDatabaseRefusesFailsAlone) {
    for (int bad = 0; bad < 7; ++bad) {
        SCOPED_TRACE(bad);
        const std::string prefix = "r" + std::to_string(bad) + '-';
        const std::size_t first = answers.size();
        const std::uint64_t seq = ledger().seq();
        const std::size_t before = row_count();
        writer.refused = {Key{prefix + std::to_string(bad)}};
        make();
        for (int i = 0; i < 7; ++i)
            submit(named(prefix + std::to_string(i), "n"));
        io.poll();
        io.restart();
        ended = false;
        start();
        stop_and_finish();
        io.restart();
        for (std::size_t i = 0; i < 7; ++i) {
            if (i == std::size_t(bad)) {
                ASSERT_FALSE(*answers[first + i]);
                EXPECT_EQ(error(first + i), Errc::rejected);
            } else {
                EXPECT_TRUE(accepted(first + i)) << i;
            }
        }
        EXPECT_EQ(row_count(), before + 6);
        EXPECT_EQ(ledger().seq(), seq + 6) << "each once, without holes";
        EXPECT_GT(committer->counts().bisected, 0U);
    }
}

TEST_F(CommitterTest, UnavailableIsHeardByAll) {
    for (const bool at_begin : {true, false}) {
        make();
        const std::size_t first = answers.size();
        (at_begin ? writer.begin_fails : writer.commit_fails) = Errc::unavailable;
        submit(named("a", "n"));
        submit(named("b", "n"));
        io.poll();
        io.restart();
        ended = false;
        start();
        io.poll();
        EXPECT_EQ(error(first), Errc::unavailable);
        EXPECT_EQ(error(first + 1), Errc::unavailable);
        EXPECT_EQ(row_count(), 0U);
        writer.begin_fails.reset();
        writer.commit_fails.reset();
        io.restart();
        stop_and_finish();
        io.restart();
    }
    EXPECT_EQ(durable, 0);
}

TEST_F(CommitterTest, BrokenEndsItAndAnswersNobody) {
#if defined(__SANITIZE_ADDRESS__)
    // Who waits is left as it is on purpose: the process ends.
    const __lsan::ScopedDisabler deliberate;
#endif
    make();
    writer.commit_fails = Errc::broken;
    submit(named("a", "n"));
    submit(named("b", "n"));
    start();
    io.poll();  // those who wait for ever would keep run() for ever
    EXPECT_TRUE(ended);
    ASSERT_FALSE(ended_with);
    EXPECT_EQ(ended_with.error().code, Errc::broken);
    EXPECT_EQ(answered, 0);
    EXPECT_EQ(durable, 0);
}

TEST_F(CommitterTest, BatchThatChangesNothingIsReleased) {
    make();
    Intent update = named("nobody", "n");
    update.kind = WriteKind::update;
    submit(update);
    io.poll();
    io.restart();
    start();
    stop_and_finish();
    EXPECT_TRUE(std::holds_alternative<Refused>(**answers[0]));
    EXPECT_EQ(writer.released, 1);
    EXPECT_EQ(durable, 0);
}

TEST_F(CommitterTest, StopCommitsWhatWaitsAndRefusesWhatComes) {
    make();
    start();
    io.poll();
    submit(named("a", "n"));
    io.poll();
    submit(named("b", "n"));
    io.poll_one();
    committer->stop();
    submit(named("c", "n"));
    io.restart();
    io.run();
    EXPECT_TRUE(ended);
    EXPECT_TRUE(accepted(0));
    EXPECT_EQ(answered, 3);
    EXPECT_FALSE(*answers[2]);
    EXPECT_EQ(error(2), Errc::closed);
}

// Its wake-ups may still be on their way.
TEST_F(CommitterTest, CanBeDestroyedAsSoonAsItHasEnded) {
    make();
    start();
    io.poll();
    submit(named("a", "n"));
    while (!ended) {
        if (answered == 1) committer->stop();
        io.restart();
        io.run_one();
    }
    committer.reset();
    io.restart();
    io.run();
    EXPECT_TRUE(accepted(0));
}

TEST_F(CommitterTest, ChangesOfPeersAreItemsLikeOthers) {
    Island eu{schema, "eu.1"};
    eu.submit(named("theirs", "n"));
    eu.submit(named("theirs too", "n"));
    make();
    Result<commit::Applied> applied{Error{}};
    Result<commit::Applied> gap{Error{}};
    submit(named("ours", "n"));
    asio::co_spawn(io, apply_into(committer.get(), eu.run_of("eu.1", 1, 1), &applied),
                   asio::detached);
    asio::co_spawn(io, apply_into(committer.get(), eu.run_of("eu.1", 3, 1), &gap), asio::detached);
    io.poll();
    io.restart();
    start();
    stop_and_finish();
    EXPECT_EQ(applied.value().received, 1U);
    EXPECT_EQ(writer.batch_sizes, std::vector<std::size_t>{2});
    EXPECT_EQ(row_count(), 2U);
}

TEST_F(CommitterTest, LockedRecordHoldsUpNobodyElse) {
    options.locked_wait = {};
    writer.locked.insert({0, Key{"k2"}});
    make();
    for (int i = 0; i < 5; ++i)
        submit(named("k" + std::to_string(i), "n"));
    io.poll();
    io.restart();
    start();
    stop_and_finish();
    EXPECT_EQ(answered, 5);
    for (const std::size_t i : {0U, 1U, 3U, 4U})
        EXPECT_TRUE(accepted(i)) << i;
    ASSERT_FALSE(*answers[2]);
    EXPECT_EQ(error(2), Errc::overloaded) << "to come back is all that a client can do";
    EXPECT_EQ(writer.batch_sizes, std::vector<std::size_t>{4}) << "the others together";
    EXPECT_EQ(writer.begun, 2) << "the first time it was not known";
    EXPECT_EQ(ledger().seq(), 4U);
    EXPECT_EQ(committer->counts().parked, 0U);
}

TEST_F(CommitterTest, WriteWaitsForWhoeverHasLockedItsRecord) {
    options.locked_wait = std::chrono::seconds{30};
    writer.locked.insert({0, Key{"k"}});
    writer.on_begin = [this] {
        if (writer.begun == 4) writer.locked.clear();
    };
    make();
    submit(named("k", "n"));
    start();
    while (answered == 0)
        ASSERT_EQ(io.run_one(), 1U);
    stop_and_finish();
    EXPECT_TRUE(accepted(0));
    EXPECT_EQ(writer.begun, 4);
    EXPECT_EQ(writer.batch_sizes, std::vector<std::size_t>{1});
}

TEST_F(CommitterTest, WriteWaitsNoLongerThanItMay) {
    HastyClock hasty;
    clock = &hasty;
    options.locked_wait = std::chrono::milliseconds{25};
    writer.locked.insert({0, Key{"k"}});
    make();
    submit(named("k", "n"));
    start();
    while (answered == 0)
        ASSERT_EQ(io.run_one(), 1U);
    stop_and_finish();
    ASSERT_FALSE(*answers[0]);
    EXPECT_EQ(error(0), Errc::overloaded);
    EXPECT_GT(writer.begun, 2) << "it looked again";
    EXPECT_EQ(row_count(), 0U);
}

// A store need not know whose lock it was.
TEST_F(CommitterTest, BatchThatStaysLockedIsHalvedDownToTheRecord) {
    options.locked_wait = {};
    make();
    writer.locked.insert({0, Key{"k1"}});
    for (int i = 0; i < 4; ++i)
        submit(named("k" + std::to_string(i), "n"));
    writer.on_begin = [this] { writer.knows_locked = false; };
    io.poll();
    io.restart();
    start();
    stop_and_finish();
    for (const std::size_t i : {0U, 2U, 3U})
        EXPECT_TRUE(accepted(i)) << i;
    EXPECT_EQ(error(1), Errc::overloaded);
    EXPECT_EQ(writer.batch_sizes, (std::vector<std::size_t>{1, 2}));
    EXPECT_EQ(committer->counts().bisected, 2U);
}

TEST_F(CommitterTest, PeersChangeOfALockedRecordIsParkedAndTheOthersApplied) {
    Island eu{schema, "eu.1"};
    for (int i = 0; i < 5; ++i)
        eu.submit(named("k" + std::to_string(i), "n"));
    writer.locked.insert({0, Key{"k3"}});
    make();
    Result<commit::Applied> applied{Error{}};
    asio::co_spawn(io, apply_into(committer.get(), eu.run_of("eu.1", 1, 5), &applied),
                   asio::detached);
    submit(named("ours", "n"));
    io.poll();
    io.restart();
    start();
    stop_and_finish();
    EXPECT_TRUE(accepted(0));
    ASSERT_TRUE(applied);
    EXPECT_EQ(applied->received, 5U);
    ASSERT_EQ(applied->parked.size(), 1U);
    EXPECT_EQ(applied->parked[0].letter, (Dot{"eu.1", 4}));
    EXPECT_TRUE(applied->parked[0].may_pass) << "it will be let go of";
    EXPECT_EQ(committer->counts().parked, 1U);
    EXPECT_EQ(row_count(), 5U);
    EXPECT_EQ(row("k3"), std::nullopt);
    EXPECT_EQ(ledger().received().at("eu.1"), 5U) << "others get it from here";
    EXPECT_EQ(ledger().origins.at("eu.1").applied, 3U);
}

TEST_F(CommitterTest, ManyThreadsEachHearOnTheirOwn) {
    constexpr int threads = 4;
    constexpr int writes = 200;
    make();
    start();
    std::thread committing{[this] { io.run(); }};
    std::vector<std::thread> clients;
    std::atomic<int> good = 0;
    // They outlive the committer, as a node's io contexts do: it may still be leaving post() when
    // the one that it woke is through.
    std::array<asio::io_context, threads> contexts;
    for (int t = 0; t < threads; ++t) {
        clients.emplace_back([this, t, &good, &own = contexts[std::size_t(t)]] {
            std::vector<Result<Outcome>> mine(writes, Result<Outcome>{Error{}});
            std::atomic<int> heard = 0;
            for (int i = 0; i < writes; ++i) {
                const std::string key = std::to_string(t) + '-' + std::to_string(i);
                asio::co_spawn(
                    own,
                    submit_into(committer.get(), named(key, "n"), &mine[std::size_t(i)], &heard),
                    asio::detached);
            }
            own.run();
            for (const auto& answer : mine)
                good += answer && std::holds_alternative<Accepted>(*answer) ? 1 : 0;
        });
    }
    for (auto& client : clients)
        client.join();
    committer->stop();
    committing.join();
    EXPECT_TRUE(ended);
    EXPECT_EQ(good, threads * writes);
    EXPECT_EQ(row_count(), std::size_t(threads * writes));
    EXPECT_EQ(ledger().seq(), std::uint64_t(threads * writes));
}

}  // namespace
}  // namespace reef::test
