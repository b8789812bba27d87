// One conflict is one on all nodes, in whatever order the writes came, and is settled everywhere by
// a write that has seen both sides.
#include "model/conflict.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

#include "islands.hpp"
#include "model/resolution.hpp"

namespace reef::test {
namespace {

using namespace model;

const Key key{std::string{"k1"}};
using Fields = std::vector<std::pair<FieldId, Value>>;

Intent write_of(WriteKind kind, std::int64_t at, Fields fields = {}) {
    Intent intent;
    intent.kind = kind;
    intent.key = key;
    intent.received = Time{at};
    intent.fields = std::move(fields);
    return intent;
}

Intent creating(std::int64_t at, const std::string& name) {
    return write_of(WriteKind::create, at, {{1, name}});
}
Intent naming(std::int64_t at, const std::string& name) {
    return write_of(WriteKind::update, at, {{1, name}});
}
Intent noting(std::int64_t at, const std::string& note) {
    return write_of(WriteKind::update, at, {{2, note}});
}

class ConflictTest : public testing::Test {
protected:
    ConflictTest() {
        for (const char* name : {"a.1", "b.1", "c.1", "d.1"})
            islands.push_back(std::make_unique<Island>(schema, name));
    }

    Island& at(std::size_t n) { return *islands[n]; }

    // The next changes of one island itself, so many at most.
    void pass(std::size_t from, std::size_t to, std::size_t count = 100) {
        const std::string& origin = at(from).ledger.self;
        const auto run = at(from).run_of(origin, at(to).received(origin) + 1, count);
        if (!run.entries.empty()) at(to).take(run).value();
    }

    void level() {
        for (std::size_t from = 0; from < islands.size(); ++from) {
            for (std::size_t to = 0; to < islands.size(); ++to)
                if (from != to) pass(from, to);
        }
        for (const auto& island : islands)
            ASSERT_EQ(island->text(), at(0).text());
    }

    static std::set<std::string> open_at(const Island& island) {
        std::set<std::string> open;
        for (const Conflict& conflict : island.conflicts)
            if (conflict.is_open()) open.insert(conflict.id + ' ' + to_text(conflict.lost));
        return open;
    }

    // The same everywhere.
    std::set<std::string> open() {
        for (const auto& island : islands)
            EXPECT_EQ(open_at(*island), open_at(at(0))) << island->ledger.self;
        return open_at(at(0));
    }

    void resolve(std::size_t n, Keep keep) {
        const auto listed =
            std::find_if(at(n).conflicts.begin(), at(n).conflicts.end(),
                         [](const Conflict& conflict) { return conflict.is_open(); });
        ASSERT_NE(listed, at(n).conflicts.end());
        const Conflict conflict = *listed;
        const Row current = *at(n).row(key);
        auto writes = resolution_of(schema.resources[0], conflict, current, keep);
        ASSERT_TRUE(writes) << writes.error().what;
        for (Intent& write : *writes) {
            write.received = Time{500};
            const Outcome outcome = at(n).submit(write);
            ASSERT_TRUE(std::holds_alternative<Accepted>(outcome));
        }
    }

    std::string name_at(std::size_t n) {
        return std::get<std::string>(at(n).row(key)->cells[1].value);
    }

    const Schema schema = things();
    std::vector<std::unique_ptr<Island>> islands;
};

// In each of the six orders in which a fourth node may hear of them.
TEST_F(ConflictTest, OfThreeWritesAtOnceTwoLoseEverywhere) {
    std::vector<std::size_t> order{0, 1, 2};
    std::int64_t time = 10;
    at(3).submit(creating(1, "first"));
    level();
    std::set<std::string> before;
    do {
        for (const std::size_t n : {0U, 1U, 2U}) {
            ++time;
            at(n).submit(naming(time, "of " + std::to_string(time)));
        }
        for (const std::size_t n : order)
            pass(n, 3);
        level();
        const auto now = open();
        EXPECT_EQ(now.size(), 2U);
        for (const std::string& one : before)
            EXPECT_FALSE(now.contains(one)) << "the next three have seen both of " << one;
        before = now;
    } while (std::next_permutation(order.begin(), order.end()));
}

TEST_F(ConflictTest, IsListedOnceByANodeThatJoinsTheSameTwice) {
    at(0).submit(creating(1, "first"));
    level();
    at(0).submit(naming(10, "of a"));
    at(1).submit(naming(11, "of b"));
    level();
    EXPECT_EQ(open().size(), 1U);
    at(1).take(commit::Rows{{*at(0).row(key)}, {}, {}}).value();
    EXPECT_EQ(at(1).conflicts.size(), 1U);
    EXPECT_EQ(at(1).conflicts[0].lost, (Dot{"a.1", 2}));
}

TEST_F(ConflictTest, OfTwoFieldsThatLoseToTwoWritesNamesBoth) {
    at(0).submit(creating(1, "first"));
    level();
    at(0).submit(write_of(WriteKind::update, 10,
                          {{1, std::string{"name of a"}}, {2, std::string{"note of a"}}}));
    at(1).submit(naming(11, "of b"));
    at(2).submit(noting(12, "of c"));
    pass(0, 3);
    pass(1, 3);
    level();
    EXPECT_EQ(open().size(), 1U);
    for (const auto& island : islands) {
        std::vector<std::string> names = fields_in(island->conflicts[0]);
        std::sort(names.begin(), names.end());
        EXPECT_EQ(names, (std::vector<std::string>{"name", "note"})) << island->ledger.self;
    }
}

TEST_F(ConflictTest, IsNotSettledByWhoHasSeenOneSide) {
    at(0).submit(creating(1, "first"));
    level();
    at(0).submit(naming(10, "of a"));
    at(1).submit(naming(11, "of b"));
    pass(0, 3);
    pass(1, 3);
    EXPECT_EQ(open_at(at(3)).size(), 1U);
    at(0).submit(noting(12, "by a, who has not heard of b"));
    pass(0, 3);
    EXPECT_EQ(open_at(at(3)).size(), 1U);
    pass(0, 2);  // at once
    pass(1, 2);
    level();
    EXPECT_EQ(open().size(), 1U);
    at(2).submit(noting(13, "by c, who has"));
    level();
    EXPECT_TRUE(open().empty());
}

// Whoever hears of the first write alone lists it, and the second one then.
TEST_F(ConflictTest, OfTwoWritesOfOneNodeOnlyTheLaterLoses) {
    at(0).submit(creating(1, "first"));
    level();
    at(0).submit(naming(10, "of a"));
    at(1).submit(naming(90, "of b"));
    pass(0, 3);
    pass(1, 3);
    at(0).submit(naming(20, "of a again"));
    level();
    EXPECT_EQ(open(), (std::set{at(0).conflicts[0].id + " a.1:3"}));
}

TEST_F(ConflictTest, OfADeleteAndTwoWritesIsListedOncePerWriter) {
    at(0).submit(creating(1, "first"));
    level();
    at(0).submit(write_of(WriteKind::remove, 5));
    at(1).submit(naming(10, "of b"));
    pass(1, 3);
    pass(0, 3);
    at(1).submit(noting(11, "of b"));
    level();
    EXPECT_EQ(open().size(), 1U);
    EXPECT_EQ(at(3).conflicts[0].kind, "life");
}

TEST_F(ConflictTest, IsResolvedByKeepingEitherSide) {
    at(0).submit(creating(1, "first"));
    level();
    for (const Keep keep : {Keep::kept, Keep::lost}) {
        at(0).submit(naming(10, "of a"));
        at(1).submit(naming(11, "of b"));
        level();
        const std::string kept = name_at(0);
        resolve(2, keep);
        level();
        EXPECT_TRUE(open().empty());
        EXPECT_EQ(name_at(0) == kept, keep == Keep::kept);
    }
}

TEST_F(ConflictTest, OfADeletedRecordIsResolvedByADeleteOrBringsItBack) {
    for (const Keep keep : {Keep::kept, Keep::lost}) {
        at(0).submit(creating(1, "first"));
        level();
        at(0).submit(write_of(WriteKind::remove, 5));
        at(1).submit(naming(10, "of b"));
        level();
        EXPECT_EQ(open().size(), 1U);
        resolve(3, keep);
        level();
        EXPECT_TRUE(open().empty());
        EXPECT_EQ(at(0).row(key)->alive(), keep == Keep::lost);
    }
    EXPECT_EQ(name_at(0), "of b");
}

TEST_F(ConflictTest, IsNotResolvedOnARecordThatHasChangedSince) {
    at(0).submit(creating(1, "first"));
    level();
    at(0).submit(write_of(WriteKind::remove, 5));
    at(1).submit(naming(10, "of b"));
    level();
    const Conflict conflict = at(2).conflicts[0];
    const Row before = *at(2).row(key);
    auto writes = resolution_of(schema.resources[0], conflict, before, Keep::kept);
    resolve(2, Keep::kept);
    const auto refused = std::get<Refused>(at(2).submit(writes->front()));
    EXPECT_EQ(name_of(refused.refusal), "precondition_failed");
}

// Writes of two fields, deletes and creates by four nodes that hear of each other at random.
TEST_F(ConflictTest, IsTheSameEverywhereAfterAnyHistory) {
    std::mt19937_64 random{seed_of_this_run(20261129)};
    const auto below = [&random](std::size_t n) { return std::size_t{random() % n}; };
    std::int64_t time = 100;
    std::size_t listed = 0;
    for (int round = 0; round < 150; ++round) {
        if (!at(0).row(key) || !at(0).row(key)->alive()) {
            at(0).submit(creating(++time, "new"));
            level();
        }
        for (int step = 0; step < 40; ++step) {
            const std::size_t n = below(4);
            ++time;
            const std::string value = std::to_string(time);
            const std::size_t what = below(8);
            if (what < 2) at(n).submit(naming(time, value));
            if (what == 2) at(n).submit(noting(time, value));
            if (what > 2) pass(n, below(4), 1 + below(2));
        }
        level();
        listed += open().size();
        if (testing::Test::HasFailure()) FAIL() << "in round " << round;
    }
    EXPECT_GT(listed, 20U);
}

// As stores listed it before conflicts had ids.
TEST_F(ConflictTest, OfAnEarlierVersionGetsTheIdThatItWouldHaveNow) {
    at(0).submit(creating(1, "first"));
    level();
    at(0).submit(naming(10, "of a"));
    at(1).submit(naming(11, "of b"));
    const Row here = *at(0).row(key);
    const Row there = *at(1).row(key);
    level();
    const Resource& resource = schema.resources[0];
    Conflict old;
    old.record = here.ref();
    old.kind = "fields";
    old.at = Time{77};
    for (const bool turned : {false, true}) {
        old.detail = "{\"fields\":[\"name\"],\"here\":";
        append_row_json(old.detail, resource, turned ? there : here);
        old.detail += ",\"there\":";
        append_row_json(old.detail, resource, turned ? here : there);
        old.detail += ",\"result\":";
        append_row_json(old.detail, resource, *at(2).row(key));
        old.detail += '}';
        const auto now = upgraded(resource, old);
        ASSERT_EQ(now.size(), 1U);
        EXPECT_EQ(now[0].id, at(2).conflicts[0].id);
        EXPECT_EQ(now[0].detail, at(2).conflicts[0].detail);
        EXPECT_EQ(now[0].at, Time{77});
    }
    old.detail = "{\"fields\":[],\"letter\":\"eu.8x2a:7\",\"reason\":\"no\"}";
    old.kind = "waived";
    EXPECT_EQ(upgraded(resource, old).at(0).lost, (Dot{"eu.8x2a", 7}));
    old.detail = "{\"fields\":[],\"here\":7}";
    EXPECT_EQ(upgraded(resource, old).at(0).detail, old.detail);
    EXPECT_EQ(upgraded(resource, old).at(0).id.size(), 20U);
}

}  // namespace
}  // namespace reef::test
