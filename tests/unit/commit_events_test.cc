// Which writes become events: each once, on every node the same, whoever made them and however
// they came.
#include <gtest/gtest.h>

#include "islands.hpp"
#include "peers/forward_json.hpp"
#include "peers/snapshot_json.hpp"

namespace reef::test {
namespace {

using namespace model;

constexpr const char* sent = R"({"name":"a","stock":"5"})";

class EventsTest : public testing::Test {
protected:
    EventsTest() {
        for (Island* island : {&us, &eu})
            island->batch_context.keeps_events = true;
    }

    static Intent write(WriteKind kind, std::int64_t at, const char* id = nullptr) {
        Intent intent;
        intent.kind = kind;
        intent.key = Key{"k"};
        if (kind != WriteKind::remove) intent.fields = {{1, std::string{"a"}}};
        intent.received = Time{at};
        if (id) intent.request.ids = {{RequestKind::id, id}};
        intent.inputs = kind == WriteKind::remove ? "{}" : sent;
        intent.headers = {{"operation-name", "test"}};
        return intent;
    }
    void exchange() {
        us.take(us_run()).value();
        eu.take(eu_run()).value();
    }
    commit::ChangeRun us_run() const { return eu.run_of("eu.1", us.received("eu.1") + 1, 99); }
    commit::ChangeRun eu_run() const { return us.run_of("us.1", eu.received("us.1") + 1, 99); }

    static std::vector<std::string> names(const Island& island) {
        std::vector<std::string> all;
        for (const auto& [stamp, event] : island.events)
            all.push_back(to_text(stamp.dot));
        return all;
    }

    const Schema schema = things();
    Island us{schema, "us.1"}, eu{schema, "eu.1"};
};

using Names = std::vector<std::string>;

TEST_F(EventsTest, EachWriteIsOneAndAllNodesHaveTheSame) {
    us.submit(write(WriteKind::create, 1'000'000, "r1"));
    exchange();
    Intent update = write(WriteKind::update, 2'000'000);
    update.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    update.request.ids = {{RequestKind::key, "k1"}, {RequestKind::attempt, "t1"}};
    eu.submit(update);
    exchange();
    us.submit(write(WriteKind::remove, 3'000'000));
    exchange();
    EXPECT_EQ(names(us), (Names{"us.1:1", "eu.1:1", "us.1:2"}));
    EXPECT_EQ(us.events, eu.events);
    const Event& first = us.events.begin()->second;
    EXPECT_EQ(first.resource + '/' + first.key, "things/k");
    EXPECT_EQ(first.detail, R"({"kind":"create","version":1,"ids":["id:r1"],)"
                            R"("headers":{"operation-name":"test"},)"
                            R"("inputs":{"name":"a","stock":"5"}})");
    EXPECT_EQ(std::next(us.events.begin())->second.detail,
              R"({"kind":"update","version":2,"ids":["key:k1"],)"
              R"("headers":{"operation-name":"test"},)"
              R"("traceparent":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",)"
              R"("inputs":{"name":"a","stock":"5"}})");
    EXPECT_EQ(us.events.rbegin()->second.detail,
              R"({"kind":"remove","version":3,"headers":{"operation-name":"test"},"inputs":{}})");
}

TEST_F(EventsTest, WhatIsRefusedOrRepeatedIsNone) {
    us.submit(write(WriteKind::create, 1'000'000, "r1"));
    us.submit(write(WriteKind::create, 1'000'001));        // it is there
    us.submit(write(WriteKind::create, 1'000'002, "r1"));  // it has been carried out
    eu.take(us.run_of("us.1", 1, 9)).value();
    eu.take(us.run_of("us.1", 1, 9)).value();
    EXPECT_EQ(names(us), (Names{"us.1:1"}));
    EXPECT_EQ(us.events, eu.events);
}

TEST_F(EventsTest, AnAppWithoutThemMakesNone) {
    us.batch_context.keeps_events = false;
    us.submit(write(WriteKind::create, 1'000'000));
    EXPECT_TRUE(us.events.empty());
}

TEST_F(EventsTest, OneRequestThatTookEffectTwiceIsOneOnBothSides) {
    us.submit(write(WriteKind::create, 1'000'000));
    exchange();
    us.submit(write(WriteKind::update, 2'000'005, "sell"));
    eu.submit(write(WriteKind::update, 2'000'000, "sell"));  // the earlier one
    EXPECT_EQ(names(us), (Names{"us.1:1", "us.1:2"}));
    exchange();
    EXPECT_EQ(names(us), (Names{"us.1:1", "eu.1:1"}));
    EXPECT_EQ(us.events, eu.events);
}

TEST_F(EventsTest, WithoutInputsTheFieldsAreNamed) {
    Intent intent = write(WriteKind::create, 1'000'000);
    intent.inputs.clear();
    us.submit(intent);
    EXPECT_NE(us.events.begin()->second.detail.find(R"(,"fields":["name"]})"), std::string::npos);
    exchange();
    EXPECT_EQ(us.events, eu.events);
}

TEST_F(EventsTest, AChangeThatIsParkedIsOne) {
    us.submit(write(WriteKind::create, 1'000'000));
    commit::ChangeRun run = eu_run();
    run.entries.front().refused = "the database does not like it";
    eu.take(run).value();
    EXPECT_EQ(eu.letters.size(), 1U);
    EXPECT_EQ(us.events, eu.events);
}

TEST_F(EventsTest, RowsThatComeAloneMakeTheListBeginNow) {
    const std::string cursor{store::events_cursor};
    commit::RunStart start;
    start.run = "x";
    eu.take(start).value();
    EXPECT_EQ(eu.ledger.cursors.at(cursor), "0") << "there was no write before";
    us.submit(write(WriteKind::create, 1'000'000));
    us.take(start).value();
    EXPECT_EQ(us.ledger.cursors.at(cursor), "1000000");

    commit::Rows rows;
    rows.rows = {*us.row(Key{"k"})};
    rows.raised = {{"us.1", us.ledger.origins.at("us.1")}};
    eu.batch_context.now = Time{5'000'000};
    Island other = eu;
    eu.take(rows).value();
    EXPECT_EQ(eu.ledger.cursors.at(cursor), "5000000");
    rows.events_from = Time{7};
    rows.events = {us.events.begin()->second};
    other.take(rows).value();
    EXPECT_EQ(other.ledger.cursors.at(cursor), "7");
    EXPECT_EQ(other.events, us.events);

    other.batch_context.keeps_events = false;
    other.take(start).value();
    EXPECT_FALSE(other.ledger.cursors.contains(cursor));
}

TEST_F(EventsTest, InputsTravelWithAChangeAndWithAForwardedWrite) {
    us.submit(write(WriteKind::create, 1'000'000));
    const std::string json = us.log.at("us.1").front().json;
    EXPECT_TRUE(json.ends_with(std::string{",\"inputs\":"} + sent + '}')) << json;
    EXPECT_EQ(parse_change(schema, json).value().inputs, sent);
    const auto intent =
        peers::parse_intent(schema, peers::intent_json(schema, write(WriteKind::update, 5)));
    ASSERT_TRUE(intent) << intent.error().what;
    EXPECT_EQ(intent->inputs, sent);
}

TEST_F(EventsTest, InASnapshotTheyComeBack) {
    us.submit(write(WriteKind::create, 1'000'000, "a \"b\""));
    peers::SnapshotEvents piece{"us.1", Time{17}, {us.events.begin()->second}};
    const auto read = peers::parse_events(peers::events_json(piece));
    ASSERT_TRUE(read && *read);
    EXPECT_EQ((*read)->self, "us.1");
    EXPECT_EQ((*read)->from, Time{17});
    EXPECT_EQ((*read)->events, piece.events);
    EXPECT_FALSE(peers::parse_events("{}").value()) << "a peer that keeps none";
    for (const char* text : {"", "[", R"({"events":[]})", R"({"from":1,"events":[{}]})"})
        EXPECT_FALSE(peers::parse_events(text)) << text;
    peers::SnapshotPlace place{{"eu", "eu.1", {}}, "", {}, 5};
    place.events_after = Stamp{};
    EXPECT_EQ(peers::question_json(place), R"({"events":"","all":true})");
    EXPECT_EQ(peers::parse_place(peers::place_json(place))->events_after, Stamp{});
    place.events_after = piece.events.front().stamp;
    EXPECT_EQ(peers::parse_place(peers::place_json(place))->events_after, place.events_after);
}

}  // namespace
}  // namespace reef::test
