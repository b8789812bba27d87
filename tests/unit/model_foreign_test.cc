// What other programs say of a record, and what becomes of it: the rule of adoption.
#include "model/foreign.hpp"

#include <gtest/gtest.h>

#include "islands.hpp"
#include "model/value_text.hpp"

namespace reef::test {
namespace {

using namespace model;
using commit::ImportResult;

constexpr Time noon{1'767'268'800'000'000};  // 2026-01-01T12:00:00Z

Schema listings() {
    Resource properties;
    properties.name = "properties";
    properties.fields = {
        field("id", FieldType::int64),        field("price", FieldType::decimal),
        field("bedrooms", FieldType::int32),  field("region_origin", FieldType::text),
        field("version", FieldType::version), field("updated_at", FieldType::timestamp)};
    properties.fields[0].key = KeyKind::slots;
    properties.fields[0].first_key = 3001;
    properties.fields[0].key_from_client = true;
    properties.fields[1].precision = 12;
    properties.fields[1].scale = 2;
    properties.fields[1].min = Value{std::int64_t{0}};
    properties.fields[2].nullable = true;
    properties.fields[2].max = Value{std::int64_t{1000}};
    properties.fields[3].set = SetBy::node;
    properties.fields[3].text_max = 2;
    properties.fields[5].set = SetBy::on_write;
    properties.version = FieldId{4};
    properties.write = WritePolicy::home;
    properties.home = FieldId{3};
    properties.lock_required = true;
    properties.update_needs = {FieldId{1}};
    Schema schema;
    schema.resources.push_back(std::move(properties));
    return schema;
}

const Key ten{std::int64_t{10}};

class ForeignTest : public testing::Test {
protected:
    void SetUp() override {
        for (Island* node : {&us, &ap})
            node->batch_context.foreign_nodes = {"eu"};
        commit::Rows seed;
        seed.rows.push_back(base_row(
            properties(), ten,
            {Value{}, std::int64_t{10000}, std::int64_t{3}, std::string{"eu"}, Value{}, noon.us}));
        for (Island* node : {&us, &ap})
            ASSERT_TRUE(node->take(seed));
    }

    const Resource& properties() const { return schema.resources[0]; }

    Result<ForeignWrite> read(std::string_view body, int offset = 0) const {
        return read_foreign(properties(), {body, "updates/0/" + std::to_string(offset),
                                           Time{noon.us + 7'000'000}, ""});
    }
    // "adopted", "passed over", "waits", or why it is unfit; or why it can't be read at all.
    std::string tell(Island& node, std::string_view body, int offset = 0, bool adopts = true) {
        auto write = read(body, offset);
        if (!write) return write.error().what;
        node.batch_context.now = Time{noon.us + 3'600'000'000};
        const auto done = node.take(commit::ForeignRun{{std::move(*write)}, adopts});
        const ImportResult fate = std::get<commit::ImportResults>(done.value()).at(0);
        if (fate.kind == ImportResult::Kind::unfit) return fate.why;
        constexpr std::array names{"adopted", "passed over", "waits"};
        return names[static_cast<std::size_t>(fate.kind)];
    }
    // "123.45 v2 12:00:05": price, version and time, as people see them.
    std::string shown(const Island& node, const Key& key = ten) const {
        const Row* row = node.row(key);
        if (!row) return "nothing";
        if (!row->alive()) return "deleted v" + std::to_string(version_of(*row));
        std::string text = model::to_text(properties().fields[1], row->cells[1].value) + " v" +
                           std::to_string(version_of(*row));
        const auto time = std::get<std::int64_t>(row->cells[5].value);
        return text + ' ' + reef::to_text(Time{time}).substr(11, 8);
    }
    Outcome put(Island& node, std::int64_t price) {
        Intent intent;
        intent.key = ten;
        intent.fields = {{1, price}};
        intent.precondition.version = version_of(*node.row(ten));
        intent.received = Time{noon.us + 10'000'000};
        return node.submit(intent);
    }
    void exchange() {
        for (auto [from, to] : {std::pair{&us, &ap}, std::pair{&ap, &us}}) {
            const auto& self = from->ledger.self;
            const auto run = from->run_of(self, to->received(self) + 1, 1000);
            if (run.entries.empty()) continue;
            ASSERT_TRUE(to->take(run));
        }
    }

    const Schema schema = listings();
    Island us{schema, "us.1"};
    Island ap{schema, "ap.1"};
};

struct Case {
    const char* what;
    const char* body;
    const char* becomes;
    const char* row;
};

// Each against the seed: 100.00, version 1, written at noon; the broker took it at 12:00:07.
const std::vector<Case> cases{
    {"the next version",
     R"({"id":10,"price":123.45,"bedrooms":3,"region_origin":"eu","version":2,
         "updated_at":"2026-01-01T12:00:05.000000"})",
     "adopted", "123.45 v2 12:00:05"},
    {"a version far above",
     R"({"id":10,"price":123.45,"version":9,"updated_at":"2026-01-01T12:00:05"})", "adopted",
     "123.45 v9 12:00:05"},
    {"a higher version with the same price", R"({"id":10,"price":100.00,"version":2})", "adopted",
     "100.00 v2 12:00:07"},
    {"numbers as strings",
     R"({"id":"10","price":"123.45","version":"2","updated_at":"2026-01-01T12:00:05Z"})", "adopted",
     "123.45 v2 12:00:05"},
    {"a time with another zone",
     R"({"id":10,"price":5,"version":2,"updated_at":"2026-01-01T14:00:05+02:00"})", "adopted",
     "5.00 v2 12:00:05"},
    {"a time as Python's str() writes it",
     R"({"id":10,"price":5,"version":2,"updated_at":"2026-01-01 12:00:05.5+00:00"})", "adopted",
     "5.00 v2 12:00:05"},
    {"no time", R"({"id":10,"price":5,"version":2})", "adopted", "5.00 v2 12:00:07"},
    {"a time of null", R"({"id":10,"price":5,"version":2,"updated_at":null})", "adopted",
     "5.00 v2 12:00:07"},
    {"a time in the future",
     R"({"id":10,"price":5,"version":2,"updated_at":"2027-01-01T12:00:00"})", "adopted",
     "5.00 v2 13:00:00"},
    {"a time before our own",
     R"({"id":10,"price":5,"version":2,"updated_at":"2025-01-01T12:00:00"})", "adopted",
     "5.00 v2 12:00:00"},
    {"more fields", R"({"id":10,"price":5,"version":2,"agent":{"name":"x"},"tags":[1]})", "adopted",
     "5.00 v2 12:00:07"},
    {"a binary float", R"({"id":10,"price":0.30000000000000004,"version":2})", "adopted",
     "0.30 v2 12:00:07"},
    {"what can't be, in a field that is left as it is",
     R"({"id":10,"price":5,"bedrooms":-1.5,"region_origin":"europe","version":2})", "adopted",
     "5.00 v2 12:00:07"},
    {"a lower version", R"({"id":10,"price":5,"version":1,"updated_at":"2025-12-31T12:00:05"})",
     "passed over", "100.00 v1 12:00:00"},
    {"the same version and price, later",
     R"({"id":10,"price":"100.0","version":1,"updated_at":"2026-01-01T12:00:05"})", "passed over",
     "100.00 v1 12:00:00"},
    {"the same version, another price, earlier",
     R"({"id":10,"price":5,"version":1,"updated_at":"2026-01-01T11:59:59"})", "passed over",
     "100.00 v1 12:00:00"},
    {"the same version, another price, later",
     R"({"id":10,"price":5,"version":1,"updated_at":"2026-01-01T12:00:05"})", "adopted",
     "5.00 v2 12:00:05"},
    {"no JSON", "price=5", "not valid JSON", "100.00 v1 12:00:00"},
    {"no object", "[10]", "it is no JSON object", "100.00 v1 12:00:00"},
    {"no id", R"({"price":5,"version":2})", "\"id\" is missing", "100.00 v1 12:00:00"},
    {"no version", R"({"id":10,"price":5})", "\"version\" is missing", "100.00 v1 12:00:00"},
    {"no price", R"({"id":10,"version":2})", "\"price\" is missing", "100.00 v1 12:00:00"},
    {"a price that can't be", R"({"id":10,"price":-5,"version":2})",
     "\"price\" must be at least 0.00", "100.00 v1 12:00:00"},
    {"an id that is none", R"({"id":"ten","price":5,"version":2})", "\"id\" must be an integer",
     "100.00 v1 12:00:00"},
    {"a version that is none", R"({"id":10,"price":5,"version":0})",
     "\"version\" must be at least 1", "100.00 v1 12:00:00"},
    {"a version beyond its column", R"({"id":10,"price":5,"version":2147483648})",
     "\"version\" must be an integer from 1 to 2147483647", "100.00 v1 12:00:00"},
    {"a time that is none", R"({"id":10,"price":5,"version":2,"updated_at":"yesterday"})",
     "\"updated_at\" must be a time such as 2026-01-01T12:00:00Z", "100.00 v1 12:00:00"},
};

TEST_F(ForeignTest, WhatIsAdopted) {
    for (const Case& one : cases) {
        SCOPED_TRACE(one.what);
        Island node = us;
        const std::string became = tell(node, one.body);
        EXPECT_TRUE(became.starts_with(one.becomes)) << became;
        EXPECT_EQ(shown(node), one.row);
        const bool adopted = became == "adopted";
        EXPECT_EQ(node.ledger.seq(), adopted ? 1U : 0U);
    }
}

TEST_F(ForeignTest, OfAnExistingRowOnlyThePriceChanges) {
    ASSERT_EQ(tell(us, R"({"id":10,"price":5,"bedrooms":7,"region_origin":"ap","version":2})"),
              "adopted");
    const Row& row = *us.row(ten);
    EXPECT_EQ(row.cells[2].value, Value{std::int64_t{3}});
    EXPECT_EQ(row.cells[3].value, Value{std::string{"eu"}});
}

TEST_F(ForeignTest, ARecordThatIsNewHereTakesAllThatIsNamed) {
    const Key key{std::int64_t{77}};
    ASSERT_EQ(tell(us, R"({"id":77,"price":"9.5","bedrooms":2,"region_origin":"eu","version":4,
                           "updated_at":"2026-01-01T12:00:05"})"),
              "adopted");
    EXPECT_EQ(shown(us, key), "9.50 v4 12:00:05");
    EXPECT_EQ(us.row(key)->cells[2].value, Value{std::int64_t{2}});
    EXPECT_EQ(us.row(key)->cells[3].value, Value{std::string{"eu"}});
    EXPECT_EQ(tell(us, R"({"id":78,"price":1,"bedrooms":2000,"version":1})", 1),
              "\"bedrooms\" must be at most 1000");
    EXPECT_EQ(us.row(Key{std::int64_t{78}}), nullptr);
    ASSERT_EQ(tell(us, R"({"id":79,"price":1,"version":1})", 2), "adopted");
    EXPECT_EQ(us.row(Key{std::int64_t{79}})->cells[3].value, Value{std::string{"us"}});
}

TEST_F(ForeignTest, ADeletedRecordStaysDeleted) {
    Intent intent;
    intent.kind = WriteKind::remove;
    intent.key = ten;
    intent.precondition.version = 1;
    intent.received = Time{noon.us + 1};
    ASSERT_TRUE(std::holds_alternative<Accepted>(us.submit(intent)));
    EXPECT_EQ(tell(us, R"({"id":10,"price":5,"version":9})"), "passed over");
    EXPECT_EQ(shown(us), "deleted v2");
}

TEST_F(ForeignTest, AConcurrentWriteIsListed) {
    ASSERT_TRUE(std::holds_alternative<Accepted>(put(us, 20000)));
    const char* body = R"({"id":10,"price":5,"version":2,"updated_at":"2026-01-01T12:00:11"})";
    ASSERT_EQ(tell(us, body), "adopted");
    EXPECT_EQ(shown(us), "5.00 v3 12:00:11");
    ASSERT_EQ(us.conflicts.size(), 1U);
    EXPECT_EQ(us.conflicts[0].kind, "fields");
    EXPECT_NE(us.conflicts[0].detail.find("200.00"), std::string::npos);
}

TEST_F(ForeignTest, AMessageThatComesAgainIsNotAdoptedTwice) {
    const char* body = R"({"id":10,"price":5,"version":2,"updated_at":"2026-01-01T12:00:05"})";
    ASSERT_EQ(tell(us, body, 3), "adopted");
    EXPECT_EQ(tell(us, body, 3), "passed over");
    EXPECT_EQ(tell(us, body, 4), "passed over") << "a duplicate at another place";
    EXPECT_EQ(us.ledger.seq(), 1U);
    // Of a topic that was made anew the places are given once more.
    EXPECT_EQ(tell(us, R"({"id":10,"price":6,"version":3})", 3), "adopted");
    EXPECT_EQ(us.ledger.seq(), 2U);
}

TEST_F(ForeignTest, WhoDoesNotAdoptWaitsUntilItSeesTheAdoption) {
    const char* body = R"({"id":10,"price":5,"version":2})";
    EXPECT_EQ(tell(ap, body, 0, false), "waits");
    EXPECT_EQ(ap.ledger.seq(), 0U);
    ASSERT_EQ(tell(us, body, 0), "adopted");
    exchange();
    EXPECT_EQ(tell(ap, body, 0, false), "passed over");
    EXPECT_EQ(tell(ap, body, 0, true), "passed over");
    EXPECT_EQ(us.text(), ap.text());
}

// Cut off from each other: each took the other one for dead.
TEST_F(ForeignTest, TwoAdoptionsOfOneMessageAreTwins) {
    const char* body = R"({"id":10,"price":5,"version":6,"updated_at":"2026-01-01T12:00:05"})";
    ASSERT_EQ(tell(us, body), "adopted");
    ASSERT_EQ(tell(ap, body), "adopted");
    exchange();
    EXPECT_EQ(shown(us), "5.00 v7 12:00:05");
    EXPECT_EQ(us.text(), ap.text());
    EXPECT_TRUE(us.conflicts.empty());
    EXPECT_TRUE(ap.conflicts.empty());
    EXPECT_EQ(tell(ap, R"({"id":10,"price":7,"version":7})", 1), "adopted") << "it counts on";
    const char* created = R"({"id":80,"price":7,"version":5})";
    ASSERT_EQ(tell(us, created, 2), "adopted");
    ASSERT_EQ(tell(ap, created, 2), "adopted");
    exchange();
    EXPECT_EQ(shown(us, Key{std::int64_t{80}}), "7.00 v6 12:00:07");
    EXPECT_EQ(us.text(), ap.text());
}

TEST_F(ForeignTest, RecordsOfAForeignRegionAreWrittenHere) {
    EXPECT_TRUE(std::holds_alternative<Accepted>(put(us, 20000)));
    us.batch_context.foreign_nodes.clear();
    us.batch_context.decider = [](std::string_view home, const auto& /*passed*/) {
        return Decider{std::string{home}, {}};
    };
    EXPECT_TRUE(std::holds_alternative<ForwardHome>(put(us, 30000)));
}

// Of programs that count no versions the later write wins.
class ForeignByTime : public testing::Test {
protected:
    static Schema products() {
        Resource resource;
        resource.name = "products";
        resource.fields = {field("id", FieldType::text), field("name", FieldType::text),
                           field("stock", FieldType::int32), field("made", FieldType::timestamp),
                           field("changed", FieldType::timestamp)};
        resource.fields[0].key = KeyKind::client;
        resource.fields[0].text_max = 8;
        resource.fields[2].merge = Merge::counter;
        resource.fields[3].set = SetBy::on_create;
        resource.fields[4].set = SetBy::on_write;
        Schema schema;
        schema.resources.push_back(std::move(resource));
        return schema;
    }

    std::string tell(Result<ForeignWrite> write, bool again = false) {
        if (!write) return write.error().what;
        write->may_be_known = again;
        us.batch_context.now = now;
        now.us += 1'000'000;
        const auto done = us.take(commit::ForeignRun{{std::move(*write)}, true});
        const ImportResult fate = std::get<commit::ImportResults>(done.value()).at(0);
        if (fate.kind == ImportResult::Kind::unfit) return fate.why;
        return fate.kind == ImportResult::Kind::adopted ? "adopted" : "passed over";
    }
    std::string put(const std::string& body, bool again = false) {
        return tell(read_foreign(schema.resources[0], {body, "sync/" + body, now}), again);
    }
    std::string remove(const std::string& body, Time sent, bool again = false) {
        return tell(read_foreign_removal(schema.resources[0], {body, "delete/" + body, sent}),
                    again);
    }
    // "Pen 5 12:00:00 12:00:05": name, stock, made, changed.
    std::string shown() const {
        const Row* row = us.row(Key{std::string{"a"}});
        if (!row || !row->alive()) return "nothing";
        const Resource& resource = schema.resources[0];
        const auto time = [&](FieldId id) {
            const Value value = value_of(resource, *row, id);
            return reef::to_text(Time{std::get<std::int64_t>(value)}).substr(11, 8);
        };
        return std::get<std::string>(row->cells[1].value) + ' ' +
               std::to_string(counter_sum(*row, 2)) + ' ' + time(3) + ' ' + time(4);
    }

    const Schema schema = products();
    Time now{noon.us + 3'600'000'000};
    Island us{schema, "us.1"};
};

TEST_F(ForeignByTime, TheLaterWriteWins) {
    EXPECT_EQ(put(R"({"id":"a","name":"Pen","stock":5,"made":"2026-01-01T11:00:00Z",)"
                  R"("changed":"2026-01-01T12:00:05Z"})"),
              "adopted");
    EXPECT_EQ(shown(), "Pen 5 11:00:00 12:00:05");
    EXPECT_EQ(put(R"({"id":"a","stock":7,"changed":"2026-01-01T12:00:05Z"})"), "passed over");
    EXPECT_EQ(put(R"({"id":"a","stock":7,"changed":"2026-01-01T12:00:06Z"})"), "adopted");
    EXPECT_EQ(shown(), "Pen 7 11:00:00 12:00:06");
    EXPECT_EQ(put(R"({"id":"a","stock":8,"changed":"2031-01-01T12:00:06Z"})"), "adopted");
    EXPECT_EQ(shown(), "Pen 8 11:00:00 13:00:03") << "what it wrote tomorrow was written now";
    EXPECT_EQ(put(R"({"id":"b","stock":1})"), R"("name" is missing)");
}

TEST_F(ForeignByTime, ADeletionIsOfWhatWasThereBefore) {
    ASSERT_EQ(put(R"({"id":"a","name":"Pen","stock":5,"changed":"2026-01-01T12:00:05Z"})"),
              "adopted");
    EXPECT_EQ(remove("a", Time{noon.us + 4'000'000}), "passed over");
    EXPECT_EQ(remove("a", Time{noon.us + 5'000'000}), "adopted");
    EXPECT_EQ(shown(), "nothing");
    EXPECT_EQ(remove("a", now), "passed over");
    EXPECT_EQ(put(R"({"id":"a","name":"Pen","stock":5,"changed":"2026-01-01T12:00:04Z"})"),
              "passed over");
    EXPECT_EQ(put(R"({"id":"a","name":"Nib","stock":1,"changed":"2026-01-01T12:00:06Z"})"),
              "adopted");
    EXPECT_EQ(shown(), "Nib 1 12:00:06 12:00:06");
}

TEST_F(ForeignByTime, AKeyMayBeBareQuotedOrInAnObject) {
    for (const std::string body : {"a", " a\n", R"("a")", R"({"id":"a","more":1})"}) {
        ASSERT_EQ(put(R"({"id":"a","name":"Pen","stock":5})"), "adopted");
        EXPECT_EQ(remove(body, now), "adopted") << body;
        EXPECT_EQ(shown(), "nothing");
    }
    EXPECT_EQ(remove("", now), R"("id" must not be empty)");
    EXPECT_EQ(remove("123456789", now), R"("id" must have at most 8 characters)");
    EXPECT_EQ(remove("\xff", now), "it is no text");
    EXPECT_EQ(remove(R"({"key":"a"})", now), R"("id" is missing)");
}

// A message that may have come before is known by its place; another one that says the same is not.
TEST_F(ForeignByTime, WhatComesAgainIsKnown) {
    const std::string product = R"({"id":"a","name":"Pen","stock":5})";
    ASSERT_EQ(put(product), "adopted");
    ASSERT_EQ(remove("a", now), "adopted");
    EXPECT_EQ(put(product, true), "passed over");
    ASSERT_EQ(put(product), "adopted");
    EXPECT_EQ(remove("a", now, true), "passed over");
    EXPECT_NE(shown(), "nothing");
    EXPECT_EQ(remove("a", now), "adopted");
}

}  // namespace
}  // namespace reef::test
