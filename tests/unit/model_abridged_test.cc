// What remains of a change that was too long, and what is still known of it then.
#include "model/abridged.hpp"

#include <gtest/gtest.h>

#include "islands.hpp"

namespace reef::test {
namespace {

using namespace model;

class AbridgedTest : public testing::Test {
protected:
    std::string change_of(const std::string& key, const std::string& name) {
        Intent intent;
        intent.kind = WriteKind::create;
        intent.key = Key{key};
        intent.fields = {{1, name}};
        intent.received = Time{1'000'000};
        us.submit(intent);
        return us.log.at("us.1").back().json;
    }
    const Schema schema = things();
    Island us{schema, "us.1"};
};

TEST_F(AbridgedTest, NamesTheChangeItsRecordAndItsBytes) {
    const std::string json = change_of("k,1", std::string(200'000, 'x'));
    const std::string left = abridged(json);
    EXPECT_LT(left.size(), 300U);
    EXPECT_EQ(stamp_in(left), stamp_in(json));
    EXPECT_EQ(record_in(schema, left), (RecordRef{0, Key{"k,1"}}));
    EXPECT_EQ(bytes_before(left), json.size());
    EXPECT_FALSE(bytes_before(json));
    EXPECT_EQ(entry_hash(left), hash_of(json));
    EXPECT_EQ(entry_hash(json), hash_of(json));
    EXPECT_TRUE(is_same_change(left, json));
    EXPECT_FALSE(is_same_change(abridged(change_of("k2", "x")), json));
    const auto read = parse_change(schema, left);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().what,
              "too_large: the change has " + std::to_string(json.size()) + " bytes");
}

TEST_F(AbridgedTest, IsTheSameFromPieces) {
    const std::string json = change_of("k", std::string(200'000, 'x'));
    Abridging line;
    for (std::size_t at = 0; at < json.size(); at += 1000)
        line.add(std::string_view{json}.substr(at, 1000));
    EXPECT_EQ(line.bytes(), json.size());
    EXPECT_EQ(line.finish(), abridged(json));
}

TEST_F(AbridgedTest, WhatIsNoChangeHasNothingLeft) {
    Abridging line;
    line.add(std::string(100'000, '{'));
    EXPECT_FALSE(line.finish());
    EXPECT_FALSE(bytes_before(""));
    EXPECT_FALSE(bytes_before("{"));
}

// A key that needs escapes is left out rather than told wrong.
TEST_F(AbridgedTest, AnUnclearRecordIsLeftOut) {
    const std::string left = abridged(change_of("a\"b", "x"));
    EXPECT_FALSE(record_in(schema, left));
    EXPECT_TRUE(parse_json(left));
}

}  // namespace
}  // namespace reef::test
