// Which record another program means, and what it calls ours.
#include "model/foreign_key.hpp"

#include <gtest/gtest.h>

namespace reef::model {
namespace {

Resource numbered(std::int64_t first = 1) {
    Resource resource;
    Field& key = resource.fields.emplace_back();
    key.name = "id";
    key.type = FieldType::int64;
    key.key = KeyKind::slots;
    key.first_key = first;
    return resource;
}

Key key(std::int64_t number) {
    return Key{number};
}

TEST(ForeignKey, TheNumbersOfAProgramAreThoseOfItsPlaceInTheApp) {
    const Resource resource = numbered();
    for (std::size_t index : {0U, 2U, 15U}) {
        const ForeignNumbers numbers{16, index};
        for (std::int64_t n = 1; n < 100; ++n) {
            const auto ours = key_of_foreign(resource, numbers, key(n));
            ASSERT_TRUE(ours);
            EXPECT_EQ(*ours, key(static_cast<std::int64_t>(index) + 1 + (n - 1) * 16));
            EXPECT_EQ(foreign_key_of(resource, numbers, *ours), key(n));
        }
    }
}

TEST(ForeignKey, ARecordOfAnotherNodeIsNoneOfTheProgram) {
    const ForeignNumbers numbers{16, 1};
    EXPECT_FALSE(foreign_key_of(numbered(), numbers, key(1)));
    EXPECT_FALSE(foreign_key_of(numbered(), numbers, key(3)));
    EXPECT_FALSE(foreign_key_of(numbered(), numbers, key(17)));
    EXPECT_EQ(foreign_key_of(numbered(), numbers, key(18)), key(2));
}

TEST(ForeignKey, WhatNoRecordCanHaveIsNone) {
    const ForeignNumbers numbers{16, 3};
    for (const std::int64_t n :
         {std::int64_t{0}, std::int64_t{-1}, new_number_max, INT64_MAX, INT64_MIN}) {
        EXPECT_FALSE(key_of_foreign(numbered(), numbers, key(n))) << n;
    }
    const std::int64_t last = (new_number_max - 4) / 16 + 1;
    const auto ours = key_of_foreign(numbered(), numbers, key(last));
    ASSERT_TRUE(ours);
    EXPECT_LE(std::get<std::int64_t>(*ours), new_number_max);
    EXPECT_FALSE(key_of_foreign(numbered(), numbers, key(last + 1)));
}

TEST(ForeignKey, RowsFromBeforeAllNodesMeanTheSameEverywhere) {
    const Resource resource = numbered(3001);
    const ForeignNumbers numbers{16, 1};
    EXPECT_EQ(key_of_foreign(resource, numbers, key(3000)), key(3000));
    EXPECT_EQ(foreign_key_of(resource, numbers, key(10)), key(10));
    EXPECT_EQ(key_of_foreign(resource, numbers, key(3001)), key(3002));
    EXPECT_EQ(key_of_foreign(resource, numbers, key(3002)), key(3018));
    EXPECT_EQ(foreign_key_of(resource, numbers, key(3018)), key(3002));
}

TEST(ForeignKey, KeysThatNoNodeNumbersAreTheSameEverywhere) {
    Resource resource = numbered();
    resource.fields.front().key = KeyKind::client;
    EXPECT_EQ(key_of_foreign(resource, {16, 1}, key(7)), key(7));
    EXPECT_EQ(foreign_key_of(resource, {16, 1}, key(7)), key(7));
}

TEST(ForeignKey, ARecordOfTheNodeThatHadTheNameBeforeIsTold) {
    Row row;
    row.key = key(1);
    row.life = {1, {Time{5}, {"A.k3f9ab", 1}}};
    EXPECT_TRUE(was_made_by_node(numbered(), row, "A"));
    EXPECT_FALSE(was_made_by_node(numbered(), row, "B"));
    EXPECT_FALSE(was_made_by_node(numbered(2), row, "A")) << "it was there before all";
}

}  // namespace
}  // namespace reef::model
