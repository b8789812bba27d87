// Writes that say how a value changes: JSON Merge Patch, and what is added to counters.
#include "model/patch.hpp"

#include <gtest/gtest.h>

#include <array>
#include <limits>

#include "islands.hpp"
#include "model/value_text.hpp"
#include "peers/forward_json.hpp"

namespace reef::test {
namespace {

using namespace model;

std::string merged_text(const std::string& target, const std::string& patch) {
    std::string text;
    append_json(text, merged(parse_json(target).value(), parse_json(patch).value()));
    return text;
}

// The cases of RFC 7396, appendix A.
TEST(MergePatch, DoesWhatItsStandardSays) {
    const std::vector<std::array<const char*, 3>> cases{
        {R"({"a":"b"})", R"({"a":"c"})", R"({"a":"c"})"},
        {R"({"a":"b"})", R"({"b":"c"})", R"({"a":"b","b":"c"})"},
        {R"({"a":"b"})", R"({"a":null})", R"({})"},
        {R"({"a":"b","b":"c"})", R"({"a":null})", R"({"b":"c"})"},
        {R"({"a":["b"]})", R"({"a":"c"})", R"({"a":"c"})"},
        {R"({"a":"c"})", R"({"a":["b"]})", R"({"a":["b"]})"},
        {R"({"a":{"b":"c"}})", R"({"a":{"b":"d","c":null}})", R"({"a":{"b":"d"}})"},
        {R"({"a":[{"b":"c"}]})", R"({"a":[1]})", R"({"a":[1]})"},
        {R"(["a","b"])", R"(["c","d"])", R"(["c","d"])"},
        {R"({"a":"b"})", R"(["c"])", R"(["c"])"},
        {R"({"a":"foo"})", R"(null)", R"(null)"},
        {R"({"a":"foo"})", R"("bar")", R"("bar")"},
        {R"({"e":null})", R"({"a":1})", R"({"e":null,"a":1})"},
        {R"([1,2])", R"({"a":"b","c":null})", R"({"a":"b"})"},
        {R"({})", R"({"a":{"bb":{"ccc":null}}})", R"({"a":{"bb":{}}})"},
    };
    for (const auto& [target, patch, result] : cases)
        EXPECT_EQ(merged_text(target, patch), result) << target << " + " << patch;
}

class Patches : public testing::Test {
protected:
    Patches() {
        schema.resources[0].fields.push_back(field("extra", FieldType::json));
        schema.resources[0].fields.back().nullable = true;
        us.emplace(schema, "us.1");
        Intent made = change();
        made.kind = WriteKind::create;
        made.fields = {{1, std::string{"Pen"}}, {stock, std::int64_t{5}}, {sold, std::int64_t{5}}};
        EXPECT_TRUE(std::holds_alternative<Accepted>(us->submit(made)));
    }

    Intent change() {
        Intent intent;
        intent.key = Key{std::string{"pen"}};
        intent.received = Time{++clock};
        return intent;
    }
    std::string put(FieldId id, Value by) {
        Intent intent = change();
        intent.patches = {{id, std::move(by)}};
        const Outcome outcome = us->submit(intent);
        if (const auto* refused = std::get_if<Refused>(&outcome))
            return std::string{name_of(refused->refusal)} + ' ' + refused->pointer + ": " +
                   refused->detail;
        const Row& row = std::get<Accepted>(outcome).row;
        std::string text;
        append_json(text, schema.resources[0].fields[id], value_of(schema.resources[0], row, id));
        return text;
    }

    static constexpr FieldId stock = 3, sold = 4, extra = 10;
    Schema schema = things();
    std::optional<Island> us;
    std::int64_t clock = 0;
};

TEST_F(Patches, AddToACounter) {
    EXPECT_EQ(put(stock, std::int64_t{-7}), "-2");
    EXPECT_EQ(put(stock, std::int64_t{9}), "7");
    EXPECT_EQ(put(sold, std::int64_t{-5}), "0");
}

TEST_F(Patches, WhatWouldBeOutOfBoundsIsRefused) {
    EXPECT_EQ(put(sold, std::int64_t{-6}), "out_of_range /sold: sold must be at least 0");
    EXPECT_EQ(put(sold, std::int64_t{2'147'483'647}).substr(0, 19), "out_of_range /sold:");
    EXPECT_EQ(put(stock, std::numeric_limits<std::int64_t>::max()),
              "out_of_range /stock: stock must have at most 64 bits");
    EXPECT_EQ(put(sold, std::int64_t{1}), "6");
}

TEST_F(Patches, ChangeMembersOfAJsonValue) {
    EXPECT_EQ(put(extra, std::string{R"({"a":1,"b":{"c":2}})"}), R"({"a":1,"b":{"c":2}})");
    EXPECT_EQ(put(extra, std::string{R"({"a":null,"b":{"d":3}})"}), R"({"b":{"c":2,"d":3}})");
}

TEST_F(Patches, AreCarriedToTheRecordsHome) {
    Intent intent = change();
    intent.fields = {{1, std::string{"Pencil"}}};
    intent.patches = {{sold, std::int64_t{-6}}, {extra, std::string{R"({"a":null})"}}};
    const std::string json = peers::intent_json(schema, intent);
    const auto read = peers::parse_intent(schema, json);
    ASSERT_TRUE(read) << read.error().what;
    EXPECT_EQ(read->patches, intent.patches);
    EXPECT_EQ(read->fields, intent.fields);
    // A node of an earlier build looks for this member, and refuses what lacks it.
    EXPECT_EQ(json.find("\"fields\":"), std::string::npos);
    EXPECT_NE(peers::intent_json(schema, change()).find("\"fields\":"), std::string::npos);
}

// Two nodes that add at once: both count.
TEST_F(Patches, ConcurrentAdditionsAllCount) {
    Island eu{schema, "eu.1"};
    const Key pen{std::string{"pen"}};
    eu.take(commit::Rows{{*us->row(pen)}, {}, {}}).value();
    Intent there = change();
    there.patches = {{stock, std::int64_t{-3}}};
    ASSERT_TRUE(std::holds_alternative<Accepted>(eu.submit(there)));
    EXPECT_EQ(put(stock, std::int64_t{-1}), "4");
    us->take(commit::Rows{{*eu.row(pen)}, {}, {}}).value();
    EXPECT_EQ(value_of(schema.resources[0], *us->row(pen), stock), Value{std::int64_t{1}});
}

// What two nodes took at once is beyond a bound: it may be brought back in steps.
TEST_F(Patches, MayBringBackWhatIsOutOfBounds) {
    Island eu{schema, "eu.1"};
    const Key pen{std::string{"pen"}};
    eu.take(commit::Rows{{*us->row(pen)}, {}, {}}).value();
    Intent there = change();
    there.patches = {{sold, std::int64_t{-4}}};
    ASSERT_TRUE(std::holds_alternative<Accepted>(eu.submit(there)));
    EXPECT_EQ(put(sold, std::int64_t{-4}), "1");
    us->take(commit::Rows{{*eu.row(pen)}, {}, {}}).value();
    EXPECT_EQ(put(sold, std::int64_t{-1}), "out_of_range /sold: sold must be at least 0");
    EXPECT_EQ(put(sold, std::int64_t{2}), "0");
    EXPECT_EQ(put(sold, std::int64_t{2}), "1");
}

}  // namespace
}  // namespace reef::test
