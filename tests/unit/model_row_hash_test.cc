// What the hash of a row tells apart, and what it does not.
#include <gtest/gtest.h>

#include "islands.hpp"
#include "model/row_hash.hpp"

namespace reef::test {
namespace {

using namespace model;

Row row_of(const Resource& resource, std::string_view json) {
    return read_row_json(resource, parse_json(json).value()).value();
}

constexpr std::string_view pen =
    R"({"key":"pen","vector":"eu.b:1:1,us.a:2:2","fields":{"name":"Pen","note":null,"high":3,)"
    R"("low":null,"stage":"new"},"life":"1 us.a:1@1000000","stamps":{"name":"us.a:2@2000000"},)"
    R"("counters":{"stock":{"us.a":[5,"us.a:1@1000000"]}},"twins":[["eu.b",1]]})";

std::string with(std::string_view from, std::string_view to) {
    std::string json{pen};
    return json.replace(json.find(from), from.size(), to);
}

// Of a reader of JSON that got the row from a node whose app has the field.
Schema with_field(Field added, std::size_t at) {
    Schema schema = things(false);
    auto& fields = schema.resources[0].fields;
    fields.insert(fields.begin() + static_cast<std::ptrdiff_t>(at), std::move(added));
    return schema;
}

Field colour(std::optional<Value> default_value = std::nullopt) {
    Field made = field("colour", FieldType::text);
    made.nullable = !default_value;
    made.default_value = std::move(default_value);
    return made;
}

TEST(RowHash, TellsApartAllThatARowHolds) {
    const Schema schema = things(false);
    const Resource& resource = schema.resources[0];
    const Hash128 hash = row_hash(resource, row_of(resource, pen));
    EXPECT_TRUE(is_hash_of(hash, resource, row_of(resource, pen)));
    for (const auto& [from, to] :
         {std::pair{R"("pen")", R"("pan")"}, std::pair{"eu.b:1:1", "eu.b:2:1"},
          std::pair{R"("name":"Pen")", R"("name":"Pan")"},
          std::pair{R"("note":null)", R"("note":"")"}, std::pair{R"("high":3)", R"("high":null)"},
          std::pair{R"("stage":"new")", R"("stage":"moving")"},
          std::pair{"1 us.a:1@1000000", "1 us.a:1@1000001"},
          std::pair{"us.a:2@2000000", "us.a:2@2000001"},
          std::pair{R"("stamps":{)", R"("stamps":{"note":"us.a:2@2000000",)"},
          std::pair{"[5,", "[6,"}, std::pair{R"(,"twins":[["eu.b",1]])", ""}}) {
        const Row other = row_of(resource, with(from, to));
        EXPECT_NE(row_hash(resource, other), hash) << from;
        EXPECT_FALSE(is_hash_of(hash, resource, other)) << from;
    }
}

TEST(RowHash, StaysWhenAFieldIsAdded) {
    const Schema schema = things(false);
    const Hash128 hash = row_hash(schema.resources[0], row_of(schema.resources[0], pen));
    const Hash128 compared = compared_hash(schema.resources[0], row_of(schema.resources[0], pen));
    for (const std::size_t at : {1U, 4U, 8U}) {
        for (const Field& added : {colour(), colour(Value{std::string{"blue"}})}) {
            const Schema newer = with_field(added, at);
            const Row row = row_of(newer.resources[0], pen);
            EXPECT_EQ(row_hash(newer.resources[0], row) == hash, added.nullable) << at;
            EXPECT_TRUE(is_hash_of(hash, newer.resources[0], row)) << at;
            EXPECT_EQ(compared_hash(newer.resources[0], row), compared) << at;
        }
    }
}

TEST(RowHash, StaysWhenADefaultIsGivenChangedOrTakenAway) {
    const std::string json = with(R"("note":null,)", R"("note":null,"colour":"blue",)");
    const auto hash_with = [&json](Field added) {
        const Schema schema = with_field(std::move(added), 3);
        return row_hash(schema.resources[0], row_of(schema.resources[0], json));
    };
    const Hash128 hash = hash_with(colour(Value{std::string{"blue"}}));
    EXPECT_EQ(hash_with(colour(Value{std::string{"green"}})), hash);
    EXPECT_EQ(hash_with(colour()), hash);
}

// One node's app has the field, the other's does not yet.
TEST(RowHash, IsTheSameWhereTheFieldIsUnknown) {
    const Schema older = things(false);
    const Schema newer = with_field(colour(), 1);
    for (const auto& [value, stamp] :
         {std::pair{R"("red")", ""}, std::pair{R"("red")", R"(,"colour":"us.a:2@2000000")"},
          std::pair{"null", ""}, std::pair{"null", R"(,"colour":"us.a:2@2000000")"}}) {
        std::string json =
            with(R"("note":null,)", std::string{R"("note":null,"colour":)"} + value + ',');
        const std::string_view last = R"("name":"us.a:2@2000000")";
        json.insert(json.find(last) + last.size(), stamp);
        EXPECT_EQ(row_hash(older.resources[0], row_of(older.resources[0], json)),
                  row_hash(newer.resources[0], row_of(newer.resources[0], json)))
            << json;
    }
}

// A record that was made with the field reaches a node that learns of the field later.
TEST(RowHash, IsStillThatOfTheRowOnceTheFieldIsKnown) {
    const Schema older = things(false);
    for (const auto& [added, value] : {std::pair{colour(), "null"}, std::pair{colour(), R"("red")"},
                                       std::pair{colour(Value{std::string{"blue"}}), R"("blue")"},
                                       std::pair{colour(Value{std::string{"blue"}}), R"("red")"}}) {
        const Schema newer = with_field(added, 1);
        const std::string json =
            with(R"("note":null,)", std::string{R"("note":null,"colour":)"} + value + ',');
        const Hash128 stored = row_hash(older.resources[0], row_of(older.resources[0], json));
        EXPECT_TRUE(is_hash_of(stored, newer.resources[0], row_of(newer.resources[0], json)))
            << json;
    }
}

TEST(RowHash, KnowsTheHashThatOlderVersionsStored) {
    const Schema schema = things(false);
    const Resource& resource = schema.resources[0];
    const Row row = row_of(resource, pen);
    std::string json;
    append_row_json(json, resource, row);
    EXPECT_TRUE(is_hash_of(hash_of(json), resource, row));
    EXPECT_FALSE(is_hash_of(Hash128{}, resource, row));
}

}  // namespace
}  // namespace reef::test
