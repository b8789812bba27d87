// What programs that know nothing of Atoll read in a topic.
#include "brokers/message_shape.hpp"

#include <gtest/gtest.h>

#include "brokers/message_json.hpp"
#include "islands.hpp"

namespace reef::test {
namespace {

using namespace model;
using brokers::Message;
using brokers::MessageShape;
using brokers::ShapeTexts;

class MessageShapeTest : public testing::Test {
protected:
    const Schema schema = things();
    Island us{schema, "us.1"};

    void write(WriteKind kind, std::vector<std::pair<FieldId, Value>> fields = {},
               std::string inputs = {}) {
        Intent intent;
        intent.kind = kind;
        intent.key = Key{std::string{"k \"1\""}};
        intent.fields = std::move(fields);
        intent.received = Time{1'767'268'800'000'000};
        intent.headers = {{"operation-name", "sell"}};
        intent.traceparent = "00-4bf9";
        intent.inputs = std::move(inputs);
        us.submit(intent);
    }
    const std::string& last() const { return us.log.at("us.1").back().json; }
    Message message(const ShapeTexts& texts) const {
        return MessageShape{schema, texts}.message(parse_change(schema, last()).value(), last());
    }
};

TEST_F(MessageShapeTest, ARecordIsAsPeopleSeeItWithLocalTimes) {
    write(WriteKind::create, {{1, std::string{"a"}}});
    const Message made = message({"updates", "<key>", "<record>", ""});
    EXPECT_EQ(made.topic, "updates");
    EXPECT_EQ(made.key, "k \"1\"");
    EXPECT_EQ(made.body, R"({"id":"k \"1\"","name":"a","note":null,"stock":0,"sold":0,)"
                         R"("high":null,"low":null,"stage":"new","version":1,)"
                         R"("updated_at":"2026-01-01T12:00:00.000000"})");
    EXPECT_EQ(*made.header(brokers::change_header), last());
    EXPECT_EQ(*made.header(brokers::trace_header), "00-4bf9");
}

// Beside other programs: they drop what names their own region.
TEST_F(MessageShapeTest, ARecordMayNameTheRegionThatWroteIt) {
    Schema homes = things();
    homes.resources[0].fields[2].set = SetBy::node;  // note
    Island eu{homes, "eu.1"};
    Intent intent;
    intent.kind = WriteKind::create;
    intent.key = Key{std::string{"k"}};
    intent.fields = {{1, std::string{"a"}}};
    eu.submit(intent);
    Change change = parse_change(homes, eu.log.at("eu.1").back().json).value();
    change.stamp.dot.origin = "us.1";
    const auto body_of = [&](bool names_writer) {
        return MessageShape{homes, {"t", "<key>", "<record>", "", names_writer}}
            .message(change, "")
            .body;
    };
    EXPECT_NE(body_of(false).find(R"("note":"eu")"), std::string::npos);
    EXPECT_NE(body_of(true).find(R"("note":"us")"), std::string::npos);
}

// Where each node has a queue of its own.
TEST_F(MessageShapeTest, EachTargetGetsItsOwnMessage) {
    ShapeTexts texts{"<source>.<target>", "<name>", R"({"to":"<target>"})", ""};
    texts.headers = {{"operation-name", "<header.operation-name>"}, {"target", "<target>"}};
    texts.targets = {"eu", "ap"};
    write(WriteKind::create, {{1, std::string{"a"}}});
    const MessageShape shape{schema, texts};
    const auto made = shape.messages(parse_change(schema, last()).value(), last());
    ASSERT_EQ(made.size(), 2U);
    EXPECT_EQ(made[0].target, "eu");
    EXPECT_EQ(made[0].topic, "us.eu");
    EXPECT_EQ(made[0].key, "us.1:1");
    EXPECT_EQ(made[0].body, R"({"to":"eu"})");
    EXPECT_EQ(made[1].topic, "us.ap");
    EXPECT_EQ(*made[1].header("operation-name"), "sell");
    EXPECT_EQ(*made[1].header("target"), "ap");
    EXPECT_EQ(*made[1].header(brokers::change_header), last());
    EXPECT_TRUE(shape.topics().empty());

    const auto plain = shape.plain_messages(last());
    ASSERT_EQ(plain.size(), 2U);
    EXPECT_EQ(plain[1].topic, "us.ap");
    EXPECT_EQ(plain[1].key, "us.1:1");
    EXPECT_EQ(plain[1].body, last());
}

TEST_F(MessageShapeTest, ATopicOfOneResourceNamesIt) {
    Schema two = things();
    two.resources.push_back(two.resources[0]);
    two.resources[1].id = 1;
    two.resources[1].name = "others";
    const MessageShape each{two, {"<resource>-updates", "<key>", "", ""}};
    EXPECT_EQ(each.resource_of("others-updates"), &two.resources[1]);
    EXPECT_EQ(each.resource_of("other-updates"), nullptr);
    const MessageShape shared{two, {"updates", "<key>", "", ""}};
    EXPECT_EQ(shared.resource_of("updates"), nullptr);
}

TEST_F(MessageShapeTest, ADeleteSaysSoLast) {
    write(WriteKind::create, {{1, std::string{"a"}}});
    write(WriteKind::remove);
    const Message made = message({"updates", "<key>", "<record>", ""});
    EXPECT_TRUE(made.body.ends_with(R"("version":2,"updated_at":"2026-01-01T12:00:00.000001",)"
                                    R"("deleted":true})"))
        << made.body;
}

TEST_F(MessageShapeTest, PartsAreTextInsideStringsAndValuesElsewhere) {
    write(WriteKind::create, {{1, std::string{"a"}}});
    const std::string body = R"({ "event": "<one>.<past>", "by": <source>, "path": "<path>",
        "method": <method>, "inputs": <input>, "key": <key>, "known": <known_key>,
        "header": "<header.operation-name>", "less": "1 < 2", "at": "<local_time>" })";
    const Message made = message({"<resource>-updates", "<source>/<key>", body, "/api"});
    EXPECT_EQ(made.topic, "things-updates");
    EXPECT_EQ(made.key, "us/k \"1\"");
    EXPECT_EQ(made.body, R"({"event":"thing.created","by":"us","path":"/api/things/",)"
                         R"("method":"POST","inputs":{"name":"a"},"key":"k \"1\"","known":null,)"
                         R"("header":"sell","less":"1 < 2","at":"2026-01-01T12:00:00.000000"})");
}

TEST_F(MessageShapeTest, InputsAreAsTheyWereSentButForWhatWasAdded) {
    const ShapeTexts texts{"t", "<key>", R"({"inputs":<input>})", ""};
    write(WriteKind::create, {{1, std::string{"a"}}}, R"({"name":"a","id":"k"})");
    EXPECT_EQ(message(texts).body, R"({"inputs":{"name":"a","id":"k"}})");
    write(WriteKind::update, {{3, std::int64_t{5}}}, R"({"stock":{"add":5}})");
    EXPECT_EQ(message(texts).body, R"({"inputs":{"stock":5}})");
}

TEST_F(MessageShapeTest, WithoutABodyItIsTheChange) {
    write(WriteKind::create, {{1, std::string{"a"}}});
    EXPECT_EQ(message({"updates", "<key>", "", ""}).body, last());
}

TEST_F(MessageShapeTest, TopicsStandOnce) {
    EXPECT_EQ((MessageShape{schema, {"one", "", "", ""}}.topics()),
              (std::vector<std::string>{"one"}));
    EXPECT_EQ((MessageShape{schema, {"<resource>.x", "", "", ""}}.topics()),
              (std::vector<std::string>{"things.x"}));
}

// Where queues get some changes only.
TEST_F(MessageShapeTest, EachQueueGetsTheChangesThatItWants) {
    ShapeTexts texts;
    texts.key = "<name>";
    texts.times = {3, TimeZone::z};
    texts.queues = {{"<resource>.sync", {WriteKind::create, WriteKind::update}, "<record>"},
                    {"<resource>.delete", {WriteKind::remove}, "<key>"},
                    {"all", {WriteKind::update, WriteKind::remove}, R"({"gone": <key>})"}};
    const MessageShape shape{schema, texts};
    const auto messages = [&] { return shape.messages(parse_change(schema, last()).value(), "j"); };
    write(WriteKind::create, {{1, std::string{"a"}}});
    const auto created = messages();
    ASSERT_EQ(created.size(), 1U);
    EXPECT_EQ(created[0].topic, "things.sync");
    EXPECT_EQ(created[0].key, "us.1:1");
    EXPECT_TRUE(created[0].body.ends_with(R"("updated_at":"2026-01-01T12:00:00.000Z"})"));
    EXPECT_EQ(*created[0].header(brokers::change_header), "j");
    EXPECT_TRUE(created[0].is_json);
    write(WriteKind::remove);
    const auto deleted = messages();
    ASSERT_EQ(deleted.size(), 2U);
    EXPECT_EQ(deleted[0].topic, "things.delete");
    EXPECT_EQ(deleted[0].body, "k \"1\"");
    EXPECT_FALSE(deleted[0].is_json);
    EXPECT_EQ(deleted[1].body, R"({"gone":"k \"1\""})");
    EXPECT_EQ(shape.topics(), (std::vector<std::string>{"things.sync", "things.delete", "all"}));
    EXPECT_TRUE(shape.resource_of("things.delete") && shape.tells_of_deletions("things.delete"));
    EXPECT_TRUE(shape.resource_of("things.sync") && !shape.tells_of_deletions("things.sync"));
    EXPECT_FALSE(shape.resource_of("all")) << "a deletion cannot be told from an update";
    EXPECT_FALSE(shape.resource_of("things.other"));
}

// A target that is another program has numbers of its own for the records that it has made.
TEST(ForeignTarget, ACallNamesItsOwnRecordsAsItDoes) {
    Schema schema;
    for (const char* name : {"houses", "goods"}) {
        Resource& resource = schema.resources.emplace_back();
        resource.id = static_cast<ResourceId>(schema.resources.size() - 1);
        resource.name = resource.one = name;
        resource.fields = {field("id", FieldType::int64), field("house", FieldType::int64)};
        resource.fields[0].key = KeyKind::slots;
    }
    schema.resources[1].fields[1].refers_to = "houses";
    ShapeTexts texts{"<source>.<target>", "<name>",
                     R"({"url":"<path>","id":<known_key>,"inputs":<input>,"row":<record>})", "/v1"};
    texts.targets = {"A", "B"};
    texts.foreign = {{"A", ForeignNumbers{16, 0}}};
    const MessageShape shape{schema, texts};
    Change change;
    change.row.resource = 1;
    change.row.key = Key{std::int64_t{33}};
    change.row.cells.resize(2);
    change.row.cells[1].value = std::int64_t{17};
    change.row.life = {1, {Time{1}, {"B.1", 1}}};
    change.stamp = {Time{2}, {"B.1", 2}};
    change.inputs = R"({"house":17})";
    const auto bodies = [&] {
        std::vector<std::string> made;
        for (const Message& message : shape.messages(change, "{}"))
            made.push_back(message.body);
        return made;
    };
    const std::string row = R"("row":{"id":33,"house":17}})";
    const std::string of_b = R"({"url":"/v1/goods/33","id":33,"inputs":{"house":17},)" + row;
    EXPECT_EQ(bodies(), (std::vector<std::string>{
                            R"({"url":"/v1/goods/3","id":3,"inputs":{"house":2},)" + row, of_b}));
    change.row.life.stamp.dot.origin = "A.1";  // when that was a node's name
    EXPECT_EQ(bodies().front(), R"({"url":"/v1/goods/33","id":33,"inputs":{"house":2},)" + row);
    change.row.life.stamp.dot.origin = "B.1";
    change.row.key = Key{std::int64_t{34}};  // B has made it
    EXPECT_EQ(bodies().front(), R"({"url":"/v1/goods/34","id":34,"inputs":{"house":2},)"
                                R"("row":{"id":34,"house":17}})");
    change.headers = {{brokers::replicated_from_header, "A"}};
    EXPECT_EQ(bodies().size(), 1U) << "A has told all other programs itself";
    change.headers.clear();
    change.row.life.superseded_by = 2;
    EXPECT_EQ(bodies().size(), 1U) << "it was taken back, and has no such number there";
}

TEST(MessageJson, KeepsWhateverAMessageHas) {
    Message message;
    message.topic = "updates";
    message.body = std::string{"\xff\0 \"", 4};
    message.headers = {{"a", "b"}, {"a", "\xc3"}};
    const std::string json = brokers::message_json(message);
    EXPECT_TRUE(parse_json(json).has_value()) << json;
    EXPECT_EQ(json.find('\0'), json.npos);
    const Message read = brokers::parse_message(json).value();
    EXPECT_EQ(read.topic, "updates");
    EXPECT_FALSE(read.key);
    EXPECT_EQ(read.body, message.body);
    EXPECT_EQ(read.headers, message.headers);
    message.key = "10";
    EXPECT_EQ(brokers::parse_message(brokers::message_json(message))->key, "10");
    EXPECT_FALSE(brokers::parse_message("{}"));
}

}  // namespace
}  // namespace reef::test
