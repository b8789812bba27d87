// What other programs write into a captured table, as a batch finds it.
#include "postgres_database.hpp"

namespace reef::store::test {
namespace {

class PostgresCapture : public PostgresDatabase {
protected:
    PostgresCapture() {
        schema_.resources[thing].captured = true;
        open(true);
    }

    // What a batch on these records is given first; it saves nothing else.
    LoadResult taken(const std::vector<Row>& rows) {
        auto loaded = begin(rows);
        if (!loaded) throw std::runtime_error(loaded.error().what);
        return std::move(*loaded);
    }
    std::vector<RecordRef> pending() { return run(reader_->captured(100)).value(); }
};

const RecordRef first{thing, Key{std::int64_t{1}}};

TEST_F(PostgresCapture, OwnWritesAreNone) {
    ASSERT_TRUE(succeeded(save({make_thing(1), make_thing(2)})));
    ASSERT_TRUE(succeeded(save({make_thing(1, 2), removed(make_thing(2), 3)})));
    EXPECT_TRUE(pending().empty());
}

// Of every type: what is unchanged is equal, bit by bit.
TEST_F(PostgresCapture, AnUpdateShowsBothRowsAndTheRecordAsItWas) {
    ASSERT_TRUE(succeeded(save({make_thing(1)})));
    run_sql("UPDATE things SET price = price + 1.25, version = version + 1 WHERE id = 1");
    EXPECT_EQ(pending(), std::vector<RecordRef>{first});
    const LoadResult loaded = taken({make_thing(1)});
    ASSERT_EQ(loaded.captured.size(), 1U);
    const Captured& captured = loaded.captured[0];
    ASSERT_TRUE(captured.before && captured.after);
    for (FieldId id = 0; id < things::field_count; ++id) {
        const bool same = id != things::price && id != things::version;
        EXPECT_EQ((*captured.before)[id] == (*captured.after)[id], same)
            << schema_[thing].fields[id].name;
    }
    EXPECT_EQ(loaded.rows.at(first).row, make_thing(1));
    EXPECT_EQ(loaded.rows.at(first).hash, hash_of_row(schema_, make_thing(1)));
    ASSERT_TRUE(succeeded(commit(loaded, {make_thing(1, 2)})));
    EXPECT_TRUE(pending().empty()) << "it is forgotten with the batch that took it in";
}

TEST_F(PostgresCapture, ABatchThatIsReleasedForgetsNothing) {
    ASSERT_TRUE(succeeded(save({make_thing(1)})));
    run_sql("UPDATE things SET price = 7");
    ASSERT_EQ(taken({make_thing(1)}).captured.size(), 1U);
    reef::test::run_on(context_, writer_->release());
    EXPECT_EQ(pending().size(), 1U);
}

TEST_F(PostgresCapture, ALaterWriteOfTheSameRowIsNotForgottenUnseen) {
    ASSERT_TRUE(succeeded(save({make_thing(1)})));
    run_sql("UPDATE things SET price = 7");
    const LoadResult loaded = taken({make_thing(1)});
    run_sql("UPDATE things SET price = 8");
    EXPECT_EQ(commit(loaded, {make_thing(1, 2)}).error().code, Errc::locked);
    const LoadResult again = taken({make_thing(1)});
    ASSERT_EQ(again.captured.size(), 2U);
    EXPECT_EQ((*again.captured[1].after)[things::price], Value{std::int64_t{800}});
    EXPECT_TRUE(succeeded(commit(again, {make_thing(1, 2)})));
}

TEST_F(PostgresCapture, AChangedKeyIsADeleteAndAnInsert) {
    ASSERT_TRUE(succeeded(save({make_thing(1)})));
    run_sql("UPDATE things SET id = 5");
    const LoadResult loaded = taken({make_thing(1), make_thing(5)});
    ASSERT_EQ(loaded.captured.size(), 2U);
    for (const Captured& captured : loaded.captured) {
        const bool gone = captured.record == first;
        EXPECT_EQ(captured.before.has_value(), gone);
        EXPECT_EQ(captured.after.has_value(), !gone);
        EXPECT_EQ(loaded.rows.contains(captured.record), gone);
    }
    ASSERT_TRUE(succeeded(commit(loaded, {removed(make_thing(1), 2), make_thing(5, 3)})));
    EXPECT_FALSE(get(1)->alive());
    EXPECT_EQ(*get(5), make_thing(5, 3));
}

TEST_F(PostgresCapture, AnInsertBesideATombstoneIsFoundWithIt) {
    ASSERT_TRUE(succeeded(save({removed(make_thing(1), 2)})));
    run_sql("INSERT INTO things (id, price) VALUES (1, 3)");
    const LoadResult loaded = taken({make_thing(1)});
    ASSERT_EQ(loaded.captured.size(), 1U);
    EXPECT_FALSE(loaded.rows.at(first).row.alive());
    ASSERT_TRUE(succeeded(commit(loaded, {make_thing(1, 3)})));
    EXPECT_EQ(*get(1), make_thing(1, 3));
    EXPECT_EQ(run_sql("SELECT count(*) FROM atoll_tombstones_things"), "0");
}

TEST_F(PostgresCapture, WhatIsNotedOfALockedRecordWaits) {
    ASSERT_TRUE(succeeded(save({make_thing(1), make_thing(2)})));
    run_sql("UPDATE things SET price = 7");
    const auto held = hold_sql("UPDATE things SET price = 8 WHERE id = 1");
    EXPECT_EQ(save({make_thing(1, 2), make_thing(2, 2)}).error().code, Errc::locked);
    const LoadResult loaded = taken({make_thing(1), make_thing(2)});
    EXPECT_EQ(loaded.locked, std::set<RecordRef>{first});
    ASSERT_EQ(loaded.captured.size(), 1U);
    EXPECT_NE(loaded.captured[0].record, first);
    ASSERT_TRUE(succeeded(commit(loaded, {make_thing(2, 2)})));
    EXPECT_EQ(pending(), std::vector<RecordRef>{first});
}

TEST_F(PostgresCapture, AProgramWithoutRightsOnAtollsTablesIsNoted) {
    run_sql("DROP ROLE IF EXISTS atoll_guest");
    run_sql("CREATE ROLE atoll_guest");
    run_sql("GRANT SELECT, INSERT, UPDATE, DELETE ON things TO atoll_guest");
    run_sql(
        "DO $$ BEGIN SET LOCAL ROLE atoll_guest; INSERT INTO things (id, price) VALUES (1, 3);"
        " RESET ROLE; END $$");
    EXPECT_EQ(pending(), std::vector<RecordRef>{first});
    run_sql("DROP OWNED BY atoll_guest");
    run_sql("DROP ROLE atoll_guest");
}

TEST_F(PostgresCapture, ANewFieldIsNotedToo) {
    ASSERT_TRUE(succeeded(save({make_thing(1)})));
    run_sql("UPDATE things SET price = 7");
    Field colour;
    colour.name = "colour";
    colour.nullable = true;
    schema_.resources[thing].fields.push_back(colour);
    open();
    run_sql("UPDATE things SET colour = 'red'");
    const LoadResult loaded = taken({make_thing(1)});
    ASSERT_EQ(loaded.captured.size(), 2U);
    EXPECT_EQ(loaded.captured[1].after->back(), Value{std::string{"red"}});
}

}  // namespace
}  // namespace reef::store::test
