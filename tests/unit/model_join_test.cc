// What the random histories do not say by name: conflicts, hostile numbers, one request in three
// places, and effects that are kept with a request id.
#include "model/join.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "islands.hpp"
#include "model/effects.hpp"

namespace reef::test {
namespace {

using namespace model;

const Key k1{std::string{"k1"}};

Intent intent_for(WriteKind kind, std::int64_t at, std::vector<std::pair<FieldId, Value>> fields) {
    Intent intent;
    intent.kind = kind;
    intent.key = k1;
    intent.received = Time{at};
    intent.fields = std::move(fields);
    return intent;
}

Intent create(std::int64_t at, std::string name, std::int64_t stock = 0) {
    return intent_for(WriteKind::create, at, {{1, std::move(name)}, {3, stock}});
}

Intent rename(std::int64_t at, std::string name) {
    return intent_for(WriteKind::update, at, {{1, std::move(name)}});
}

Intent stock(std::int64_t at, std::int64_t stock) {
    return intent_for(WriteKind::update, at, {{3, stock}});
}

Intent with_id(Intent intent, const std::string& id) {
    intent.request = {{{RequestKind::key, id}}, "", hash_of(id)};
    return intent;
}

// The new ones of `from` itself.
void pass(const Island& from, Island& to) {
    const std::string& origin = from.ledger.self;
    const auto run = from.run_of(origin, to.received(origin) + 1, 100);
    if (!run.entries.empty()) to.take(run).value();
}

class JoinTest : public testing::Test {
protected:
    const Schema schema = things();
    Island a{schema, "a.1"};
    Island b{schema, "b.1"};
    Island c{schema, "c.1"};

    void level() {
        for (int i = 0; i < 2; ++i) {
            for (Island* from : {&a, &b, &c}) {
                for (Island* to : {&c, &b, &a})
                    if (from != to) pass(*from, *to);
            }
        }
        EXPECT_EQ(a.text(), b.text());
        EXPECT_EQ(a.text(), c.text());
    }
    std::string name_at(const Island& island) const {
        return std::get<std::string>(island.row(k1)->cells[1].value);
    }
};

TEST_F(JoinTest, ConcurrentWritesToOneFieldAreAConflictOnBothSides) {
    a.submit(create(1, "first"));
    pass(a, b);
    a.submit(rename(10, "of a"));
    b.submit(rename(11, "of b"));
    level();
    EXPECT_EQ(name_at(a), "of b");
    EXPECT_EQ(version_of(*a.row(k1)), 3U);
    ASSERT_EQ(a.conflicts.size(), 1U);
    ASSERT_EQ(b.conflicts.size(), 1U);
    EXPECT_EQ(a.conflicts[0].kind, "fields");
    EXPECT_NE(a.conflicts[0].detail.find("{\"fields\":[\"name\"]"), std::string::npos);
}

TEST_F(JoinTest, WritesToDifferentFieldsOrOfOneValueAreNone) {
    a.submit(create(1, "first"));
    pass(a, b);
    a.submit(rename(10, "same"));
    b.submit(rename(11, "same"));
    b.submit(stock(12, 5));
    level();
    EXPECT_TRUE(a.conflicts.empty());
    EXPECT_TRUE(b.conflicts.empty());
}

TEST_F(JoinTest, DeleteWinsOverAConcurrentUpdateAndSaysSo) {
    a.submit(create(1, "first"));
    pass(a, b);
    a.submit(intent_for(WriteKind::remove, 5, {}));
    b.submit(rename(900, "later by the clock"));
    level();
    EXPECT_FALSE(a.row(k1)->alive());
    ASSERT_EQ(b.conflicts.size(), 1U);
    EXPECT_EQ(b.conflicts[0].kind, "life");
}

TEST_F(JoinTest, RecreateWinsOverItsDelete) {
    a.submit(create(1, "first"));
    level();
    a.submit(intent_for(WriteKind::remove, 5, {}));
    pass(a, b);
    b.submit(create(6, "again", 4));
    c.submit(intent_for(WriteKind::remove, 900, {}));
    level();
    EXPECT_EQ(name_at(c), "again");
    EXPECT_EQ(a.row(k1)->life.n, 3U);
    EXPECT_EQ(counter_sum(*c.row(k1), 3), 4);
    EXPECT_EQ(version_of(*c.row(k1)), 4U);
}

TEST_F(JoinTest, OneRequestInThreePlacesCountsOnce) {
    a.submit(create(1, "first", 10));
    level();
    for (Island* island : {&a, &b, &c})
        island->submit(with_id(stock(20, 7), "sell"));
    b.submit(stock(30, 9));
    level();
    EXPECT_EQ(a.row(k1)->twins.size(), 2U);
    EXPECT_EQ(distinct_writes(*a.row(k1)), 3U);
    EXPECT_EQ(version_of(*a.row(k1)), 7U) << "five writes, two of them taken off a counter";
    EXPECT_EQ(counter_sum(*a.row(k1), 3), 9);
    EXPECT_TRUE(a.conflicts.empty());
}

TEST_F(JoinTest, OneRequestThatCreatesInTwoPlacesKeepsItsCounter) {
    a.submit(with_id(create(1, "one", 10), "make"));
    b.submit(with_id(create(2, "one", 10), "make"));
    level();
    EXPECT_EQ(distinct_writes(*a.row(k1)), 1U);
    EXPECT_EQ(version_of(*a.row(k1)), 2U);
    EXPECT_EQ(counter_sum(*a.row(k1), 3), 10);
    EXPECT_TRUE(a.conflicts.empty());
    EXPECT_TRUE(b.conflicts.empty());
}

// The earlier life is lost with what was written in it: that must be listed, though its create is
// a twin of the other.
TEST_F(JoinTest, WriteOnTopOfATwinIsListedWhenItIsLost) {
    a.submit(with_id(create(1, "one"), "make"));
    b.submit(with_id(create(2, "one"), "make"));
    a.submit(rename(3, "two"));
    level();
    EXPECT_EQ(name_at(a), "one");
    EXPECT_EQ(a.conflicts.size(), 1U);
    EXPECT_EQ(b.conflicts.size(), 1U);
}

TEST_F(JoinTest, WriteOverTheFirstEffectIsListedWhenItLosesToTheTwin) {
    a.submit(create(1, "first"));
    level();
    a.submit(with_id(rename(10, "one"), "rename"));
    a.submit(rename(11, "two"));
    b.submit(with_id(rename(30, "one"), "rename"));  // tried again where nothing was known of it
    level();
    EXPECT_EQ(name_at(a), "one");
    EXPECT_EQ(a.conflicts.size(), 1U);
    EXPECT_EQ(b.conflicts.size(), 1U);
}

// The twin's first effect is no more in the winner than the twin is.
TEST_F(JoinTest, CreateThatLosesWithBothItsEffectsIsListed) {
    a.submit(with_id(create(1, "one"), "make"));
    b.submit(with_id(create(2, "one"), "make"));
    c.submit(create(3, "another"));
    pass(a, b);
    pass(c, b);
    EXPECT_EQ(name_at(b), "another");
    EXPECT_EQ(b.conflicts.size(), 1U);
}

TEST_F(JoinTest, UpdateThatLosesWithBothItsEffectsIsListed) {
    a.submit(create(1, "first"));
    level();
    a.submit(with_id(rename(10, "one"), "rename"));
    b.submit(with_id(rename(11, "one"), "rename"));
    c.submit(rename(12, "two"));
    pass(a, b);
    pass(c, b);
    EXPECT_EQ(name_at(b), "two");
    EXPECT_EQ(b.conflicts.size(), 1U);
}

TEST_F(JoinTest, TwinsInDifferentLivesBothAdd) {
    a.submit(create(1, "first", 10));
    pass(a, b);
    b.submit(intent_for(WriteKind::remove, 2, {}));
    b.submit(create(3, "again", 10));
    a.submit(with_id(stock(20, 7), "sell"));
    b.submit(with_id(stock(21, 7), "sell"));
    level();
    EXPECT_EQ(counter_sum(*a.row(k1), 3), 7);
    EXPECT_EQ(version_of(*a.row(k1)), 5U);
}

// Clients name the state that they saw by its version. A row that came without its requests shows
// both effects of one; with the second effect's change comes the knowledge that they are one.
TEST_F(JoinTest, AVersionThatWasShownNeverNamesAnotherState) {
    a.submit(create(1, "first", 10));
    level();
    a.submit(with_id(stock(20, 7), "sell"));
    b.submit(with_id(stock(21, 7), "sell"));
    std::set<std::uint64_t> shown;
    const auto show = [&] { EXPECT_TRUE(shown.insert(version_of(*b.row(k1))).second); };
    show();
    b.take(commit::Rows{{*a.row(k1)}, {}, {}}).value();
    EXPECT_EQ(counter_sum(*b.row(k1), 3), 4) << "taken for two sales";
    show();
    pass(a, b);
    EXPECT_EQ(counter_sum(*b.row(k1), 3), 7);
    show();
    b.submit(rename(30, "next"));
    show();
    EXPECT_EQ(*shown.rbegin(), *std::next(shown.rbegin()) + 1) << "each write adds one";
}

TEST_F(JoinTest, OneIdOfTwoRequestsMakesNoTwins) {
    a.submit(create(1, "first"));
    level();
    Intent other = with_id(rename(20, "x"), "id");
    other.request.body = hash_of("another body");
    b.submit(other);
    a.submit(with_id(rename(30, "y"), "id"));
    c.submit(with_id(rename(40, "y"), "id"));
    level();
    EXPECT_EQ(version_of(*a.row(k1)), 4U);
    EXPECT_EQ(a.row(k1)->twins.size(), 1U);
}

// A row came with its request ids, before the changes: the change says nothing new then.
TEST_F(JoinTest, RowsBeforeTheirChanges) {
    a.submit(create(1, "first", 10));
    level();
    a.submit(with_id(stock(20, 7), "sell"));
    c.submit(with_id(stock(21, 7), "sell"));
    commit::Rows rows{{*a.row(k1)}, {a.requests.begin(), a.requests.end()}, {}};
    b.take(rows).value();
    EXPECT_TRUE(std::holds_alternative<Replayed>(b.submit(with_id(stock(22, 7), "sell"))));
    c.take(rows).value();
    EXPECT_EQ(distinct_writes(*c.row(k1)), 2U) << "the twin is found at once";
    const std::string text = b.text();
    pass(a, b);
    EXPECT_EQ(b.text(), text);
    level();
    EXPECT_EQ(counter_sum(*b.row(k1), 3), 7);
}

TEST_F(JoinTest, BaseRowsThatDifferEndEqual) {
    std::vector<Value> values(schema[0].fields.size());
    values[1] = std::string{"one"};
    values[3] = std::int64_t{5};
    values[7] = std::int64_t{0};
    values[9] = std::int64_t{0};
    const Row one = base_row(schema[0], k1, values, 3);
    values[1] = std::string{"two"};
    values[3] = std::int64_t{4};
    const Row two = base_row(schema[0], k1, values, 1);
    EXPECT_EQ(join(schema[0], one, two).row, join(schema[0], two, one).row);
    EXPECT_EQ(join(schema[0], two, one).row, one) << "the higher version wins whole";
    values[2] = std::string{"a note"};
    const Row three = base_row(schema[0], k1, values, 3);
    EXPECT_EQ(join(schema[0], one, three).row, join(schema[0], three, one).row);
    EXPECT_EQ(version_of(join(schema[0], one, three).row), 3U);
}

// A counter's total is replaced by a later one of its origin, be it smaller, and by no other.
TEST_F(JoinTest, CounterGoesBackOnlyByALaterWrite) {
    a.submit(create(1, "first", 10));
    const Row high = *a.row(k1);
    a.submit(stock(2, 3));
    const Row low = *a.row(k1);
    EXPECT_EQ(counter_sum(join(schema[0], high, low).row, 3), 3);
    Row forged = high;
    forged.cells[3].parts[0].total = 1;
    EXPECT_EQ(counter_sum(join(schema[0], forged, high).row, 3), 10);
    forged.cells[3].parts[0].total = 1000;
    EXPECT_EQ(counter_sum(join(schema[0], low, forged).row, 3), 3);
}

TEST_F(JoinTest, CountersOfHostilePeersDoNotOverflow) {
    a.submit(create(1, "first", INT64_MAX));
    Row row = *a.row(k1);
    row.cells[3].parts.push_back({"b.1", INT64_MAX, {Time{2}, {"b.1", 1}}});
    row.vector.put({"b.1", 1, 1});
    EXPECT_EQ(counter_sum(row, 3), -2);
    a.take(commit::Rows{{row}, {}, {}}).value();
    a.submit(stock(5, INT64_MIN));
    EXPECT_EQ(counter_sum(*a.row(k1), 3), INT64_MIN);
    EXPECT_EQ(value_of(schema[0], *a.row(k1), 3), Value{INT64_MIN});
}

TEST_F(JoinTest, CounterIsShownNotBelowItsMin) {
    a.submit(create(1, "first"));
    a.submit(intent_for(WriteKind::update, 2, {{4, std::int64_t{3}}}));
    level();
    a.submit(intent_for(WriteKind::update, 3, {{4, std::int64_t{0}}}));
    b.submit(intent_for(WriteKind::update, 3, {{4, std::int64_t{1}}}));
    level();
    EXPECT_EQ(counter_sum(*a.row(k1), 4), -2);
    EXPECT_EQ(value_of(schema[0], *a.row(k1), 4), Value{std::int64_t{0}});
}

UnknownField unknown(std::string name, std::string value, std::int64_t at) {
    return {std::move(name), std::move(value), Stamp{Time{at}, {"a.1", 1}}, {}};
}

TEST_F(JoinTest, UnknownFieldsAreJoinedOneByOne) {
    a.submit(create(1, "first"));
    Row one = *a.row(k1);
    Row two = one;
    one.unknown = {unknown("p", "1", 5), unknown("q", "1", 9)};
    two.unknown = {unknown("q", "2", 7), unknown("r", "2", 7)};
    const Row joined = join(schema[0], one, two).row;
    EXPECT_EQ(joined, join(schema[0], two, one).row);
    ASSERT_EQ(joined.unknown.size(), 3U);
    EXPECT_EQ(joined.unknown[1].value, "1");
}

TEST_F(JoinTest, EffectsAreKeptAsText) {
    a.submit(create(1, "first", 10));
    level();
    for (Island* island : {&a, &b, &c})
        island->submit(with_id(stock(20, 7), "sell"));
    level();
    for (const auto& [id, seen] : a.requests) {
        RequestSeen read = seen;
        read.added.clear();
        read.later.clear();
        read.life = {};
        ASSERT_TRUE(read_effects_text(schema, effects_text(schema, seen), read));
        EXPECT_EQ(read, seen);
        EXPECT_EQ(seen.later.size(), 2U);
    }
    EXPECT_EQ(effects_text(schema, RequestSeen{}), "");
    RequestSeen seen;
    for (const char* bad : {"{", "{}", "{\"later\":[{\"resource\":\"things\"}]}",
                            "{\"later\":[],\"added\":{\"stock\":1}}"}) {
        EXPECT_FALSE(read_effects_text(schema, bad, seen)) << bad;
    }
}

// What a forwarder noted of its write is completed by the change, and the twin with it.
TEST_F(JoinTest, ChangeCompletesWhatAForwarderKnew) {
    a.submit(create(1, "first", 10));
    level();
    a.submit(with_id(stock(20, 7), "sell"));
    b.submit(with_id(stock(21, 7), "sell"));
    const RequestId id{RequestKind::key, "sell"};
    RequestSeen noted = b.requests.at(id);
    noted.added.clear();
    noted.life = {};
    a.take(commit::Rows{{*b.row(k1)}, {{id, noted}}, {}}).value();
    EXPECT_EQ(distinct_writes(*a.row(k1)), 2U);
    level();
    EXPECT_EQ(counter_sum(*a.row(k1), 3), 7);
    EXPECT_EQ(a.requests.at(id), b.requests.at(id));
}

TEST_F(JoinTest, EffectsOfOneIdAreBounded) {
    RequestSeen known;
    known.stamp = {Time{1}, {"a.1", 1}};
    for (std::uint64_t i = 2; i < 200; ++i) {
        RequestSeen more;
        more.stamp = {Time{static_cast<std::int64_t>(i)}, {"b.1", i}};
        EXPECT_EQ(add_effects(known, more), i <= effects_max);
        EXPECT_FALSE(add_effects(known, known));
    }
    EXPECT_EQ(known.later.size(), effects_max - 1);
    EXPECT_EQ(known.stamp.time.us, 1);
}

}  // namespace
}  // namespace reef::test
