// What the database refuses of a peer's changes is parked with its record; all else goes on.
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "commit/committer.hpp"
#include "faulty_writer.hpp"
#include "islands.hpp"
#include "memory_store.hpp"
#include "run.hpp"

namespace reef::test {
namespace {

using namespace model;

class ParkingTest : public testing::Test {
protected:
    const Schema schema = things();
    asio::io_context io;
    const std::unique_ptr<store::Store> store =
        store::open_memory(schema, {.file = "", .node = "us", .incarnation = "1"});
    FaultyWriter writer{store->open_writer(io.get_executor()), io.get_executor()};
    const std::unique_ptr<store::Reader> reader = store->open_reader(io.get_executor());
    commit::BatchContext batch_context = [this] {
        commit::BatchContext made;
        made.schema = schema.id();
        return made;
    }();
    const commit::CommitOptions options = [] {
        commit::CommitOptions kept;  // the changes of this test are of 1970
        kept.log_kept = kept.request_ids_kept = std::chrono::hours{100 * 366 * 24};
        return kept;
    }();
    commit::Committer committer{{schema, writer, system_clock(), io.get_executor(),
                                 [this] { return batch_context; }, [](const store::Ledger&) {}},
                                options};
    Island eu{schema, "eu.1"};

    ParkingTest() { asio::co_spawn(io, committer.run(), asio::detached); }
    ~ParkingTest() override {
        committer.stop();
        io.restart();
        io.run();
    }

    template <class T>
    Result<T> done(Task<T> task) {
        std::optional<Result<T>> result;
        asio::co_spawn(io, std::move(task), [&](std::exception_ptr failed, Result<T> value) {
            if (failed) std::rethrow_exception(failed);
            result.emplace(std::move(value));
        });
        io.restart();
        while (!result)
            io.run_one();
        return std::move(*result);
    }

    void eu_writes(const std::string& key, const std::string& name, std::string request = {}) {
        Intent intent;
        intent.kind = eu.row(Key{key}) ? WriteKind::update : WriteKind::create;
        intent.key = Key{key};
        intent.fields = {{1, name}};
        intent.received = Time{1'000'000 + static_cast<std::int64_t>(eu.received("eu.1"))};
        if (!request.empty()) intent.request.ids = {{RequestKind::id, std::move(request)}};
        eu.submit(intent);
    }
    commit::Applied apply(std::uint64_t first, std::size_t count) {
        return done(committer.apply(eu.run_of("eu.1", first, count))).value();
    }
    commit::Settlement settlement(std::vector<std::uint64_t> seqs) {
        commit::Settlement settlement;
        for (const std::uint64_t seq : seqs) {
            settlement.replayed.push_back(eu.run_of("eu.1", seq, 1).entries.front());
            settlement.letters.push_back({"eu.1", seq});
        }
        return settlement;
    }
    std::string name_in(const std::string& key) {
        const auto row = value_of_task(reader->get({0, Key{key}}));
        return row ? std::get<std::string>(row->cells[1].value) : "none";
    }
    store::Ledger ledger() { return value_of_task(reader->ledger()); }
    std::string marks() {
        const auto mark = ledger().origins.at("eu.1");
        return std::to_string(mark.received) + " received, " + std::to_string(mark.applied) +
               " applied, " + std::to_string(ledger().parked.size()) + " parked";
    }
};

TEST_F(ParkingTest, OnlyTheRefusedRecordWaits) {
    for (int i = 0; i < 20; ++i)
        eu_writes("k" + std::to_string(i), "n");
    eu_writes("k7", "later");  // 21
    eu_writes("k8", "later");  // 22
    for (const char* key : {"k3", "k7"})
        writer.refused.insert(Key{key});
    const auto applied = apply(1, 22);
    EXPECT_EQ(applied.received, 22U);
    ASSERT_EQ(applied.parked.size(), 3U);
    EXPECT_EQ(applied.parked[0].letter, (Dot{"eu.1", 4}));
    EXPECT_TRUE(applied.parked[0].may_pass);
    EXPECT_EQ(applied.parked[2].letter, (Dot{"eu.1", 21}));
    EXPECT_FALSE(applied.parked[2].may_pass) << "it waits for another";
    EXPECT_EQ(marks(), "22 received, 3 applied, 3 parked");
    EXPECT_EQ(name_in("k3"), "none");
    EXPECT_EQ(name_in("k7"), "none");
    EXPECT_EQ(name_in("k8"), "later");
    EXPECT_EQ(ledger().origins.at("eu.1").hash, eu.ledger.origins.at("eu.1").hash)
        << "what is parked is logged: others get it from here";
    EXPECT_TRUE(value_of_task(reader->change({"eu.1", 4})));
}

TEST_F(ParkingTest, WhatComesLaterQueuesBehindAndIsReplayedInOrder) {
    eu_writes("a", "first", "r1");
    eu_writes("b", "other");
    writer.refused.insert(Key{"a"});
    EXPECT_EQ(apply(1, 2).parked.size(), 1U);
    writer.refused.clear();
    eu_writes("a", "second");
    EXPECT_EQ(apply(3, 1).parked.size(), 1U) << "behind the first, though it would fit now";
    EXPECT_EQ(marks(), "3 received, 0 applied, 2 parked");
    EXPECT_EQ(done(committer.settle(settlement({1, 3}))).value().changed, 2U);
    EXPECT_EQ(name_in("a"), "second");
    EXPECT_EQ(marks(), "3 received, 3 applied, 0 parked");
    eu_writes("a", "third");
    EXPECT_TRUE(apply(4, 1).parked.empty());
    EXPECT_EQ(name_in("a"), "third");
}

TEST_F(ParkingTest, AReplayThatIsRefusedAgainChangesNothing) {
    eu_writes("a", "first");
    writer.refused.insert(Key{"a"});
    apply(1, 1);
    const auto again = done(committer.settle(settlement({1})));
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code, Errc::rejected);
    EXPECT_EQ(marks(), "1 received, 0 applied, 1 parked");
    EXPECT_EQ(value_of_task(reader->dead_letters(0, {})).size(), 1U);
}

TEST_F(ParkingTest, ARequestInsideWhatIsParkedIsKnown) {
    eu_writes("a", "first", "r1");
    writer.refused.insert(Key{"a"});
    apply(1, 1);
    Intent again;
    again.kind = WriteKind::create;
    again.key = Key{"a"};
    again.fields = {{1, std::string{"first"}}};
    again.request.ids = {{RequestKind::id, "r1"}};
    const auto outcome = done(committer.submit(again));
    EXPECT_EQ(std::get<Refused>(outcome.value()).refusal, Refusal::duplicate_request);
}

TEST_F(ParkingTest, ADamagedRecordDoesNotHoldItsNeighbours) {
    for (int i = 0; i < 5; ++i)
        eu_writes("k" + std::to_string(i), "n");
    writer.damaged.insert(Key{"k2"});
    EXPECT_EQ(apply(1, 5).parked.size(), 1U);
    EXPECT_EQ(marks(), "5 received, 2 applied, 1 parked");
    EXPECT_EQ(name_in("k4"), "n");
    // A client's write of it is refused, alone.
    Intent intent;
    intent.kind = WriteKind::update;
    intent.key = Key{"k2"};
    const auto refused = done(committer.submit(intent));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::rejected);
}

TEST_F(ParkingTest, ADatabaseThatIsAwayParksNothing) {
    eu_writes("a", "first");
    writer.away = 1;
    const auto away = done(committer.apply(eu.run_of("eu.1", 1, 1)));
    ASSERT_FALSE(away);
    EXPECT_EQ(away.error().code, Errc::unavailable);
    EXPECT_TRUE(ledger().parked.empty());
    EXPECT_TRUE(apply(1, 1).parked.empty());
}

TEST_F(ParkingTest, DiscardedIsWhatARowOfAPeerHoldsOrWhatIsWaivedAndListed) {
    eu_writes("a", "first");
    writer.refused.insert(Key{"a"});
    apply(1, 1);
    commit::Settlement nothing;
    nothing.letters = {{"eu.1", 1}};
    const auto refused = done(committer.settle(nothing));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::conflict);

    commit::Settlement taken = nothing;
    writer.refused.clear();
    taken.rows = {*eu.row(Key{"a"})};
    EXPECT_EQ(done(committer.settle(taken)).value().changed, 1U);
    EXPECT_EQ(marks(), "1 received, 1 applied, 0 parked");
    EXPECT_EQ(name_in("a"), "first");

    eu_writes("a", "second");
    writer.refused.insert(Key{"a"});
    apply(2, 1);
    commit::Settlement waived;
    waived.letters = {{"eu.1", 2}};
    waived.waived = "not ours";
    EXPECT_EQ(done(committer.settle(waived)).value().changed, 1U);
    EXPECT_EQ(marks(), "2 received, 2 applied, 0 parked");
    EXPECT_EQ(name_in("a"), "first");
    const auto listed = value_of_task(reader->conflicts({}));
    ASSERT_EQ(listed.size(), 1U);
    EXPECT_EQ(listed[0].kind, "waived");
    EXPECT_EQ(listed[0].detail, R"({"fields":[],"letter":"eu.1:2","reason":"not ours"})");
}

TEST_F(ParkingTest, RowsOfASnapshotRaiseThePositionWithTheLastOfThem) {
    for (int i = 0; i < 5; ++i)
        eu_writes("k" + std::to_string(i), "n");
    writer.refused.insert(Key{"k2"});
    commit::Rows rows;
    rows.parks = true;
    for (const auto& [ref, stored] : eu.rows)
        rows.rows.push_back(stored.row);
    rows.cursors["snapshot"] = "here";
    rows.raised = {{"eu.1", eu.ledger.origins.at("eu.1")}, {"us.1", {7, 7, {}}}};
    ASSERT_TRUE(done(committer.load(rows)));
    EXPECT_EQ(marks(), "5 received, 5 applied, 1 parked");
    EXPECT_EQ(ledger().seq(), 0U) << "its own is never raised";
    EXPECT_EQ(ledger().cursors.at("snapshot"), "here");
    EXPECT_EQ(name_in("k4"), "n");
    EXPECT_EQ(name_in("k2"), "none");
    commit::Rows end;
    end.cursors["snapshot"] = "";
    ASSERT_TRUE(done(committer.load(end)));
    EXPECT_TRUE(ledger().cursors.empty());
    eu_writes("k9", "n");
    EXPECT_EQ(apply(6, 1).received, 6U) << "the stream goes on behind it";
}

}  // namespace
}  // namespace reef::test
