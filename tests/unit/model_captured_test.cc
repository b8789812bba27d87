// What another program did with SQL, as the write that it is; and a batch that begins with it.
#include "model/captured.hpp"

#include <gtest/gtest.h>

#include "islands.hpp"

namespace reef::test {
namespace {

using namespace model;

enum : FieldId { id, name, note, stock, sold, high, low, stage, version, updated_at };

class CapturedTest : public testing::Test {
protected:
    const Schema schema = things();
    Island us{schema, "us.1"};
    const RecordRef ref{0, Key{std::string{"lamp"}}};

    // What the columns show of a record, and what they show after somebody has set some.
    std::vector<Value> shown() const {
        std::vector<Value> values;
        for (FieldId field = 0; field < schema[0].fields.size(); ++field)
            values.push_back(value_of(schema[0], us.rows.at(ref).row, field));
        return values;
    }
    static std::vector<Value> with(std::vector<Value> values,
                                   const std::vector<std::pair<FieldId, Value>>& set) {
        for (const auto& [field, value] : set)
            values[field] = value;
        return values;
    }
    std::vector<Value> fresh() const {
        return {std::string{"lamp"},
                std::string{"Lamp"},
                Value{},
                std::int64_t{5},
                std::int64_t{0},
                Value{},
                Value{},
                std::int64_t{0},
                std::int64_t{1},
                std::int64_t{7}};
    }

    // A batch that finds this, and does nothing else.
    store::WriteSet ingest(std::vector<Captured> captured) {
        store::LoadRequest wanted;
        wanted.records = {ref};
        store::LoadResult loaded = us.load(wanted);
        loaded.captured = std::move(captured);
        us.batch_context.now = Time{us.batch_context.now.us + 1000};
        commit::Batch batch{schema, std::move(loaded), us.batch_context};
        EXPECT_TRUE(batch.take(commit::ExternalSqlWrites{{ref}}));
        EXPECT_TRUE(batch.changed()) << "what was noted is to be forgotten";
        store::WriteSet saved = batch.finish();
        us.save(saved);
        return saved;
    }
    void insert() { ingest({{ref, Time{1}, std::nullopt, fresh()}}); }
    const Row& row() const { return us.rows.at(ref).row; }
};

TEST_F(CapturedTest, AnInsertIsACreate) {
    ingest({{ref, Time{9}, std::nullopt, with(fresh(), {{version, std::int64_t{4}}})}});
    EXPECT_TRUE(row().alive());
    EXPECT_EQ(version_of(row()), 4U) << "as its program said";
    EXPECT_EQ(value_of(schema[0], row(), stock), Value{std::int64_t{5}});
    EXPECT_EQ(value_of(schema[0], row(), updated_at), Value{std::int64_t{9}});
    EXPECT_TRUE(row().vector.covers({"us.1", 1}));
    EXPECT_EQ(us.log["us.1"].size(), 1U);
    EXPECT_TRUE(check_row(schema[0], row()));
}

TEST_F(CapturedTest, AnUpdateIsOneWriteWhateverItSaysOfTheVersion) {
    insert();
    for (const std::int64_t said : {1, 3, 77}) {
        const std::uint64_t before = version_of(row());
        ingest({{ref, Time{2}, shown(),
                 with(shown(), {{name, std::string{"L" + std::to_string(said)}},
                                {version, said},
                                {updated_at, std::int64_t{1}}})}});
        EXPECT_EQ(version_of(row()), before + 1);
    }
    EXPECT_EQ(value_of(schema[0], row(), name), Value{std::string{"L77"}});
}

TEST_F(CapturedTest, OnlyWhatHasChangedIsWritten) {
    insert();
    ingest({{ref, Time{2}, shown(), with(shown(), {{note, std::string{"new"}}})}});
    EXPECT_EQ(row().cells[name].stamp.dot.seq, 1U);
    EXPECT_EQ(row().cells[note].stamp.dot.seq, 2U);
    EXPECT_EQ(row().cells[stock].parts.front().stamp.dot.seq, 1U);
}

TEST_F(CapturedTest, ACounterGetsTheDifference) {
    insert();
    ingest({{ref, Time{2}, with(shown(), {{stock, std::int64_t{2}}}),
             with(shown(), {{stock, std::int64_t{9}}})}});
    EXPECT_EQ(value_of(schema[0], row(), stock), Value{std::int64_t{12}});
}

TEST_F(CapturedTest, WhatChangesNothingIsNoWrite) {
    insert();
    const store::WriteSet saved = ingest({{ref, Time{2}, shown(), shown()}});
    EXPECT_TRUE(saved.log.empty());
    EXPECT_EQ(saved.rows.size(), 1U) << "the row is put as it was, whatever else was done to it";
    EXPECT_EQ(version_of(row()), 1U);
}

TEST_F(CapturedTest, AStepAgainstTheOrderIsPutBackAndListed) {
    insert();
    ingest({{ref, Time{2}, shown(), with(shown(), {{stage, std::int64_t{2}}})}});
    const store::WriteSet saved =
        ingest({{ref, Time{3}, shown(),
                 with(shown(), {{stage, std::int64_t{1}}, {name, std::string{"Light"}}})}});
    EXPECT_EQ(value_of(schema[0], row(), stage), Value{std::int64_t{2}});
    EXPECT_EQ(value_of(schema[0], row(), name), Value{std::string{"Light"}});
    ASSERT_EQ(saved.conflicts.size(), 1U);
    EXPECT_EQ(saved.conflicts[0].kind, "sql");
    EXPECT_NE(saved.conflicts[0].detail.find("\"fields\":[\"stage\"]"), std::string::npos);
}

TEST_F(CapturedTest, ADeleteIsOneAndARecordCanBeginAnew) {
    insert();
    ingest({{ref, Time{2}, shown(), std::nullopt}});
    EXPECT_FALSE(row().alive());
    EXPECT_EQ(row().life.n, 2U);
    ingest({{ref, Time{3}, std::nullopt, fresh()}});
    EXPECT_EQ(row().life.n, 3U);
    EXPECT_EQ(version_of(row()), 3U);
    EXPECT_EQ(us.ledger.digests[0].rows, 1U);
}

TEST_F(CapturedTest, ClientsOfTheSameBatchSeeIt) {
    insert();
    Intent intent;
    intent.key = ref.key;
    intent.fields = {{name, std::string{"mine"}}};
    intent.precondition.version = 1;
    store::LoadRequest wanted;
    commit::add_to_request(schema, commit::ClientWrite{intent}, wanted);
    store::LoadResult loaded = us.load(wanted);
    loaded.captured = {{ref, Time{2}, shown(), with(shown(), {{name, std::string{"theirs"}}})}};
    commit::Batch batch{schema, std::move(loaded), us.batch_context};
    us.batch_context.has_peers = false;
    const auto done = std::get<Outcome>(batch.take(commit::ClientWrite{intent}).value());
    ASSERT_TRUE(std::holds_alternative<Refused>(done));
    EXPECT_EQ(version_of(*std::get<Refused>(done).current), 2U);
}

TEST_F(CapturedTest, AWorkOnALockedRecordWaits) {
    insert();
    Intent intent;
    intent.key = ref.key;
    store::LoadRequest wanted;
    commit::add_to_request(schema, commit::ClientWrite{intent}, wanted);
    store::LoadResult loaded = us.load(wanted);
    loaded.locked = {ref};
    commit::Batch batch{schema, std::move(loaded), us.batch_context};
    for (const commit::Work& work : {commit::Work{commit::ClientWrite{intent}},
                                     commit::Work{commit::ExternalSqlWrites{{ref}}}}) {
        const auto done = batch.take(work);
        ASSERT_FALSE(done);
        EXPECT_EQ(done.error().code, Errc::locked);
    }
    EXPECT_FALSE(batch.changed());
}

}  // namespace
}  // namespace reef::test
