// What becomes of a wish: each outcome and refusal, and which of several comes first.
#include "model/decide.hpp"

#include <gtest/gtest.h>

#include "islands.hpp"

namespace reef::test {
namespace {

using namespace model;

// properties as of the app, and products whose create is an update where one exists.
Schema listings() {
    Resource properties;
    properties.name = "properties";
    properties.fields = {
        field("id", FieldType::int64),        field("price", FieldType::decimal),
        field("rooms", FieldType::int32),     field("origin", FieldType::text),
        field("version", FieldType::version), field("updated_at", FieldType::timestamp)};
    properties.fields[0].key = KeyKind::slots;
    properties.fields[1].precision = 12;
    properties.fields[1].scale = 2;
    properties.fields[2].nullable = true;
    properties.fields[3].set = SetBy::node;
    properties.fields[5].set = SetBy::on_write;
    properties.version = FieldId{4};
    properties.write = WritePolicy::home;
    properties.home = FieldId{3};
    properties.lock_required = true;
    Schema schema = things();
    schema.resources[0].create = CreateMode::or_update;
    schema.resources.insert(schema.resources.begin(), std::move(properties));
    schema.resources[1].id = 1;
    return schema;
}

const Key ten{std::int64_t{10}};
const Key pen{std::string{"pen"}};

// "accepted create 2", "forward eu", "replayed", or the refusal's name: what a test compares.
std::string text_of(const Outcome& outcome) {
    if (const auto* accepted = std::get_if<Accepted>(&outcome)) {
        return "accepted " + std::string{name_of(accepted->kind)} + ' ' +
               std::to_string(version_of(accepted->row));
    }
    if (const auto* forward = std::get_if<ForwardHome>(&outcome)) return "forward " + forward->home;
    if (std::holds_alternative<Replayed>(outcome)) return "replayed";
    return std::string{name_of(std::get<Refused>(outcome).refusal)};
}

class DecideTest : public testing::Test {
protected:
    void SetUp() override {
        ASSERT_EQ(put(property(WriteKind::create)), "accepted create 1");
        ASSERT_EQ(put(product(WriteKind::create)), "accepted create 1");
    }

    std::string put(const Intent& intent) { return text_of(us.submit(intent)); }
    const Row& row() const { return *us.row(ten); }

    Intent property(WriteKind kind) {
        Intent intent;
        intent.kind = kind;
        intent.key = ten;
        intent.received = Time{++clock};
        if (kind != WriteKind::remove) intent.fields = {{1, std::int64_t{52000000}}};
        return intent;
    }
    Intent at_version(WriteKind kind, std::uint64_t version) {
        Intent intent = property(kind);
        intent.precondition.version = version;
        return intent;
    }
    Intent product(WriteKind kind) {
        Intent intent = property(kind);
        intent.resource = 1;
        intent.key = pen;
        if (kind != WriteKind::remove) intent.fields = {{1, std::string{"Pen"}}};
        return intent;
    }
    static Intent with(Intent intent, std::vector<RequestId> ids, std::string attempt = "",
                       const char* body = "body") {
        intent.request = {std::move(ids), std::move(attempt), hash_of(body)};
        return intent;
    }
    static RequestId id(const char* text) { return {RequestKind::id, text}; }
    static RequestId key(const char* text) { return {RequestKind::key, text}; }
    static RequestId attempt(const char* text) { return {RequestKind::attempt, text}; }

    std::int64_t clock = 1'000'000;
    const Schema schema = listings();
    Island us{schema, "us.1"};
};

TEST_F(DecideTest, LifeOfARecord) {
    EXPECT_EQ(put(property(WriteKind::create)), "already_exists");
    EXPECT_EQ(put(at_version(WriteKind::update, 1)), "accepted update 2");
    EXPECT_EQ(put(at_version(WriteKind::remove, 2)), "accepted remove 3");
    EXPECT_EQ(put(at_version(WriteKind::update, 3)), "not_found");
    EXPECT_EQ(put(at_version(WriteKind::remove, 3)), "not_found");
    EXPECT_EQ(put(property(WriteKind::create)), "accepted create 4");
    EXPECT_EQ(row().life.n, 3U);
}

TEST_F(DecideTest, Versions) {
    us.batch_context.has_peers = false;
    EXPECT_EQ(put(property(WriteKind::update)), "precondition_required");
    EXPECT_EQ(put(property(WriteKind::remove)), "precondition_required");
    EXPECT_EQ(put(at_version(WriteKind::update, 2)), "version_conflict");
    us.batch_context.has_peers = true;
    EXPECT_EQ(put(at_version(WriteKind::update, 2)), "replica_behind");
    EXPECT_EQ(put(at_version(WriteKind::update, 1)), "accepted update 2");
    const Outcome stale = us.submit(at_version(WriteKind::update, 1));
    EXPECT_EQ(text_of(stale), "version_conflict");
    const auto& refused = std::get<Refused>(stale);
    EXPECT_EQ(refused.pointer, "/version");
    EXPECT_EQ(refused.detail, "properties/10 is at version 2, the request has version 1");
    EXPECT_EQ(refused.current, row());
}

TEST_F(DecideTest, IfMatch) {
    const auto matching = [this](std::vector<const char*> tags) {
        Intent intent = property(WriteKind::update);
        for (const char* tag : tags)
            intent.precondition.if_match.push_back(parse_vector(tag).value());
        return put(intent);
    };
    EXPECT_EQ(matching({"us.1:1:1"}), "accepted update 2");
    EXPECT_EQ(matching({"us.1:1:1"}), "precondition_failed");
    EXPECT_EQ(matching({"us.1:1:1", "us.1:3:2"}), "accepted update 3");
    EXPECT_EQ(matching({"us.1:9:9"}), "replica_behind");
    EXPECT_EQ(matching({"eu.1:1:1"}), "replica_behind");
    us.batch_context.has_peers = false;
    EXPECT_EQ(matching({"us.1:9:9"}), "precondition_failed") << "it can't come from anywhere";
    Intent any = property(WriteKind::update);
    any.precondition.if_match_any = true;
    EXPECT_EQ(put(any), "accepted update 4");
    any.precondition.version = 1;
    EXPECT_EQ(put(any), "version_conflict") << "both must hold";
}

TEST_F(DecideTest, IfNoneMatch) {
    Intent any = property(WriteKind::create);
    any.precondition.if_none_match_any = true;
    EXPECT_EQ(put(any), "precondition_failed");
    any.key = Key{std::int64_t{11}};
    EXPECT_EQ(put(any), "accepted create 1");
    Intent update = at_version(WriteKind::update, 1);
    update.precondition.if_none_match = {row().vector};
    EXPECT_EQ(put(update), "precondition_failed");
}

TEST_F(DecideTest, RequestIdsComeBeforeVersions) {
    const Intent first = with(at_version(WriteKind::update, 1), {id("a1")});
    EXPECT_EQ(put(first), "accepted update 2");
    EXPECT_EQ(put(first), "duplicate_request");
    const Intent keyed = with(at_version(WriteKind::update, 2), {key("k1")});
    EXPECT_EQ(put(keyed), "accepted update 3");
    EXPECT_EQ(put(keyed), "replayed");
    EXPECT_EQ(put(with(keyed, {key("k1")}, "", "another body")), "key_reused");
    EXPECT_EQ(put(with(property(WriteKind::remove), {id("a1")})), "duplicate_request")
        << "before the missing precondition";
    Intent elsewhere = with(property(WriteKind::update), {id("a1")});
    elsewhere.key = Key{std::int64_t{99}};
    EXPECT_EQ(put(elsewhere), "duplicate_request") << "before not_found; one space for all";
}

TEST_F(DecideTest, RefusedRequestDoesNotUseUpItsId) {
    EXPECT_EQ(put(with(property(WriteKind::update), {id("a1")})), "precondition_required");
    EXPECT_EQ(put(with(at_version(WriteKind::update, 1), {id("a1")})), "accepted update 2");
}

TEST_F(DecideTest, SameAttemptIsReplayedWhateverElseItSays) {
    EXPECT_EQ(put(with(at_version(WriteKind::update, 1), {id("a1")}, "try-1")),
              "accepted update 2");
    EXPECT_EQ(put(with(at_version(WriteKind::update, 1), {id("a1")}, "try-1")), "replayed");
    EXPECT_EQ(put(with(at_version(WriteKind::update, 1), {id("a1")}, "try-2")),
              "duplicate_request");
    EXPECT_EQ(put(with(at_version(WriteKind::update, 2), {key("k1")}, "try-3")),
              "accepted update 3");
    EXPECT_EQ(put(with(at_version(WriteKind::update, 2), {key("k1")}, "try-3", "other")),
              "replayed");
    const Intent bare = with(at_version(WriteKind::update, 3), {attempt("try-4")}, "try-4");
    EXPECT_EQ(put(bare), "accepted update 4");
    const Outcome again = us.submit(bare);
    EXPECT_EQ(text_of(again), "replayed");
    EXPECT_EQ(std::get<Replayed>(again).seen.stamp, row().cells[1].stamp);
}

TEST_F(DecideTest, KeyIsAskedBeforeId) {
    put(with(at_version(WriteKind::update, 1), {id("a1"), key("k1")}));
    EXPECT_EQ(put(with(at_version(WriteKind::update, 1), {id("a1"), key("k1")})), "replayed");
    EXPECT_EQ(put(with(at_version(WriteKind::update, 1), {id("a2"), key("k1")})), "replayed");
    EXPECT_EQ(put(with(at_version(WriteKind::update, 1), {id("a1"), key("k2")})),
              "duplicate_request");
}

TEST_F(DecideTest, HomeDecides) {
    Island eu{schema, "eu.1"};
    eu.take(us.run_of("us.1", 1, 9)).value();
    std::string reached;
    eu.batch_context.decider = [&reached](std::string_view home, const auto& /*passed*/) {
        const bool there = home == reached || home == "eu";
        return there ? Decider{std::string{home}, {}} : Decider{"eu", std::string{home}};
    };
    const auto at_eu = [&](const Intent& intent) { return eu.submit(intent); };

    reached = "us";
    const Outcome forward = at_eu(at_version(WriteKind::update, 1));
    EXPECT_EQ(text_of(forward), "forward us");
    EXPECT_EQ(std::get<ForwardHome>(forward).compared, row().vector);
    EXPECT_EQ(text_of(at_eu(at_version(WriteKind::update, 7))), "replica_behind");
    EXPECT_EQ(text_of(at_eu(property(WriteKind::update))), "precondition_required");
    Intent create = property(WriteKind::create);
    create.key = Key{std::int64_t{50}};
    EXPECT_EQ(text_of(at_eu(create)), "accepted create 1") << "a new record is at home here";

    reached = "";
    EXPECT_EQ(text_of(at_eu(at_version(WriteKind::update, 1))), "accepted update 2");
    Schema strict = schema;
    strict.resources[0].home_down = HomeDown::reject;
    Island ap{strict, "ap.1"};
    ap.take(us.run_of("us.1", 1, 9)).value();
    EXPECT_EQ(text_of(ap.submit(at_version(WriteKind::update, 1))), "home_unreachable");
    Intent forwarded = at_version(WriteKind::update, 1);
    forwarded.decide_locally = true;
    EXPECT_EQ(text_of(ap.submit(forwarded)), "accepted update 2") << "it was sent here";
}

TEST_F(DecideTest, ForwardedIsComparedByVector) {
    const auto compared = [this](const char* vector) {
        Intent intent = property(WriteKind::update);
        intent.decide_locally = true;
        intent.precondition.compared = parse_vector(vector).value();
        return put(intent);
    };
    EXPECT_EQ(compared("us.1:1:1"), "accepted update 2");
    EXPECT_EQ(compared("us.1:1:1"), "version_conflict");
    EXPECT_EQ(compared("us.1:9:3"), "replica_behind");
    EXPECT_EQ(compared("eu.1:2:1,us.1:3:2"), "replica_behind");
}

// One request took effect in both regions; then the client goes on in the one whose row does not
// know yet of the other's effect.
TEST_F(DecideTest, ForwardedMayHaveMissedTheTwinOfAWriteThatItSaw) {
    Island eu{schema, "eu.1"};
    eu.take(us.run_of("us.1", 1, 9)).value();
    const Intent tried = with(at_version(WriteKind::update, 1), {id("a1")});
    ASSERT_EQ(put(tried), "accepted update 2");
    ASSERT_EQ(text_of(eu.submit(tried)), "accepted update 2");
    Intent next = property(WriteKind::update);
    next.decide_locally = true;
    next.precondition.compared = eu.row(ten)->vector;
    EXPECT_EQ(put(next), "replica_behind") << "us has not heard of eu's";
    us.take(eu.run_of("eu.1", 1, 9)).value();
    EXPECT_EQ(put(next), "accepted update 4");
    EXPECT_EQ(put(next), "version_conflict") << "that write was none that it had seen";
}

TEST_F(DecideTest, WhatTheServerSetsMayComeBackAsItWas) {
    Intent whole = at_version(WriteKind::update, 1);
    whole.fields = {{0, std::int64_t{10}},
                    {1, std::int64_t{1}},
                    {3, std::string{"us"}},
                    {5, row().cells[5].value}};
    EXPECT_EQ(put(whole), "accepted update 2");
    for (const auto& [id, value] : std::vector<std::pair<FieldId, Value>>{
             {0, std::int64_t{11}}, {3, std::string{"eu"}}, {5, std::int64_t{1}}}) {
        Intent changed = at_version(WriteKind::update, 2);
        changed.fields = {{id, value}};
        const Outcome outcome = us.submit(changed);
        EXPECT_EQ(text_of(outcome), "immutable_field");
        EXPECT_EQ(std::get<Refused>(outcome).pointer, '/' + schema[0].fields[id].name);
    }
    EXPECT_EQ(row().cells[3].value, Value{std::string{"us"}});
    EXPECT_EQ(row().cells[5].value, Value{row().cells[5].stamp.time.us});
}

TEST_F(DecideTest, CreateOrUpdate) {
    Intent again = product(WriteKind::create);
    again.fields = {{0, std::string{"pen"}}, {1, std::string{"Quill"}}};
    EXPECT_EQ(put(again), "accepted update 2");
    EXPECT_EQ(us.row(pen, 1)->cells[1].value, Value{std::string{"Quill"}});
    again.precondition.if_none_match_any = true;
    EXPECT_EQ(put(again), "precondition_failed");
    EXPECT_EQ(put(product(WriteKind::remove)), "accepted remove 3");
    EXPECT_EQ(put(product(WriteKind::create)), "accepted create 4");
}

TEST_F(DecideTest, CountersTakeADifference) {
    Intent stock = product(WriteKind::update);
    stock.fields = {{3, std::int64_t{10}}};
    EXPECT_EQ(put(stock), "accepted update 2");
    stock.fields = {{3, std::int64_t{7}}};
    EXPECT_EQ(put(stock), "accepted update 3");
    const auto change = parse_change(schema, us.log.at("us.1").back().json).value();
    EXPECT_EQ(change.added, (std::vector<std::pair<FieldId, std::int64_t>>{{3, -3}}));
    EXPECT_EQ(value_of(schema[1], *us.row(pen, 1), 3), Value{std::int64_t{7}});
}

TEST_F(DecideTest, OrderedFieldsGoOneWay) {
    const auto set = [this](FieldId id, Value value) {
        Intent intent = product(WriteKind::update);
        intent.fields = {{id, std::move(value)}};
        return put(intent).substr(0, 8);
    };
    const auto number = [](std::int64_t n) { return Value{n}; };
    EXPECT_EQ(set(5, number(5)), "accepted");
    EXPECT_EQ(set(5, number(5)), "accepted");
    EXPECT_EQ(set(5, number(4)), "against_");
    EXPECT_EQ(set(5, Null{}), "against_");
    EXPECT_EQ(set(6, number(5)), "accepted");
    EXPECT_EQ(set(6, number(6)), "against_");
    EXPECT_EQ(set(6, number(4)), "accepted");
    EXPECT_EQ(set(7, number(2)), "accepted");
    Intent back = product(WriteKind::update);
    back.fields = {{7, number(1)}};
    const Outcome outcome = us.submit(back);
    EXPECT_EQ(text_of(outcome), "against_order");
    EXPECT_EQ(std::get<Refused>(outcome).detail, "stage is \"done\" and can't become \"moving\"");
    EXPECT_EQ(std::get<Refused>(outcome).pointer, "/stage");
}

TEST_F(DecideTest, StampsFollowTheRowNotTheClock) {
    Intent early = at_version(WriteKind::update, 1);
    early.received = Time{5};
    put(early);
    EXPECT_GT(row().cells[1].stamp.time, row().life.stamp.time);
    EXPECT_EQ(row().cells[1].stamp.time.us, row().life.stamp.time.us + 1);
    Intent on_time = at_version(WriteKind::update, 2);
    put(on_time);
    EXPECT_EQ(row().cells[1].stamp.time, on_time.received);
}

TEST(Refusals, HaveNames) {
    for (int i = 0; i <= static_cast<int>(Refusal::record_too_large); ++i)
        EXPECT_FALSE(name_of(static_cast<Refusal>(i)).empty());
    EXPECT_EQ(name_of(Refusal::ids_exhausted), "ids_exhausted");
    EXPECT_EQ(name_of(Refusal::replica_behind), "replica_behind");
}

}  // namespace
}  // namespace reef::test
