#include "model/schema.hpp"

#include <gtest/gtest.h>

namespace reef::model {
namespace {

Field field(std::string name, FieldType type) {
    Field made;
    made.name = std::move(name);
    made.type = type;
    return made;
}

Schema shop() {
    Resource products;
    products.name = "products";
    products.fields = {field("id", FieldType::int64), field("stock", FieldType::int32),
                       field("price", FieldType::decimal)};
    products.fields[0].key = KeyKind::slots;
    products.fields[1].merge = Merge::counter;
    products.fields[1].min = Value{std::int64_t{0}};
    products.fields[2].scale = 2;
    Schema schema;
    schema.resources.push_back(std::move(products));
    return schema;
}

TEST(Schema, FindsByExactName) {
    const Schema schema = shop();
    ASSERT_TRUE(schema.find("products"));
    EXPECT_EQ(schema.find("product"), nullptr);
    EXPECT_EQ(schema.resources[0].find_field("price"), FieldId{2});
    EXPECT_FALSE(schema.resources[0].find_field("Price"));
}

TEST(Schema, IdFollowsWhatDecidesHowRowsAreReadAndJoined) {
    const std::string id = shop().id();
    EXPECT_EQ(id.size(), 16U);
    EXPECT_EQ(id, shop().id());
    using Edit = void (*)(Schema&);
    const Edit matters[] = {
        [](Schema& s) { s.id_slots = 32; },
        [](Schema& s) { s.resources[0].name = "goods"; },
        [](Schema& s) { s.resources[0].fields[2].name = "cost"; },
        [](Schema& s) { s.resources[0].fields[2].scale = 3; },
        [](Schema& s) { s.resources[0].fields[2].merge = Merge::max; },
        [](Schema& s) { s.resources[0].fields[1].min = Value{std::int64_t{1}}; },
        [](Schema& s) { std::swap(s.resources[0].fields[1], s.resources[0].fields[2]); },
    };
    for (const Edit edit : matters) {
        Schema other = shop();
        edit(other);
        EXPECT_NE(other.id(), id);
    }
    const Edit does_not[] = {
        [](Schema& s) { s.resources[0].page.rows_max = 10; },
        [](Schema& s) { s.resources[0].fields[2].min = Value{std::int64_t{0}}; },
        [](Schema& s) { s.resources[0].fields[2].description = "in dollars"; },
    };
    for (const Edit edit : does_not) {
        Schema other = shop();
        edit(other);
        EXPECT_EQ(other.id(), id);
    }
}

}  // namespace
}  // namespace reef::model
