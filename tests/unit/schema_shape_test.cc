// How two apps differ, in words.
#include "model/schema_shape.hpp"

#include <gtest/gtest.h>

#include "islands.hpp"

namespace reef::test {
namespace {

using namespace model;

std::string between(const Schema& us, const Schema& eu) {
    const auto found = compare_shape(us, shape_json(eu), "us", "eu").value();
    EXPECT_EQ(found.id, eu.id());
    return in_words(found, "us", "eu");
}

TEST(SchemaShape, OfOneAppNothingDiffers) {
    EXPECT_EQ(between(things(), things()), "");
}

TEST(SchemaShape, FieldsAndResourcesOfOneSideAreNamed) {
    Schema more = things();
    Field garden;
    garden.name = "garden";
    garden.type = FieldType::boolean;
    more.resources[0].fields.push_back(garden);
    EXPECT_EQ(between(more, things()), "us has a field that eu does not know: things.garden");
    EXPECT_EQ(between(things(), more), "eu has a field that us does not know: things.garden");
    Schema visits = things();
    visits.resources.push_back(visits.resources[0]);
    visits.resources[1].name = "visits";
    EXPECT_EQ(between(things(), visits), "eu has a resource that us does not know: visits");
    EXPECT_EQ(between(more, visits),
              "us has a field that eu does not know: things.garden; eu has a resource that us does "
              "not know: visits");
}

TEST(SchemaShape, FieldsThatAreReadOrJoinedDifferentlyPartTheTwo) {
    Schema other = things();
    Field& name = other.resources[0].fields[1];
    name.type = FieldType::decimal;
    name.scale = 2;
    other.resources[0].fields[3].merge = Merge::max;
    other.id_slots = 8;
    const auto found = compare_shape(things(), shape_json(other), "us", "eu").value();
    ASSERT_EQ(found.unlike.size(), 3U);
    EXPECT_EQ(found.unlike[0], "id_slots is 16 in us and 8 in eu");
    EXPECT_EQ(found.unlike[1], "things.name is text in us and decimal(2) in eu");
    EXPECT_EQ(found.unlike[2], "things.stock is int64, counter in us and int64, max in eu");
}

// Whatever makes another id makes other words: else the two would be taken for alike.
TEST(SchemaShape, WhatTheIdCountsIsInTheWords) {
    const auto changed = [](auto change) {
        Schema other = things();
        change(other.resources[0].fields);
        EXPECT_NE(other.id(), things().id());
        EXPECT_NE(between(things(), other), "");
    };
    changed([](auto& fields) { fields[1].set = SetBy::on_write; });
    changed([](auto& fields) { fields[0].key = KeyKind::uuid7; });
    changed([](auto& fields) { fields[7].order.push_back("gone"); });
    changed([](auto& fields) { fields[3].min = Value{std::int64_t{-5}}; });
    changed([](auto& fields) { fields[1].type = FieldType::json; });
}

TEST(SchemaShape, WhatIsNoShapeIsRefused) {
    for (const char* text : {"", "{}", "[]", R"({"id":"","resources":{}})"})
        EXPECT_FALSE(compare_shape(things(), text, "us", "eu")) << text;
}

}  // namespace
}  // namespace reef::test
