// A snapshot's pieces as text: what goes in comes out, and what no node writes is refused.
#include <gtest/gtest.h>

#include "islands.hpp"
#include "peers/snapshot_json.hpp"

namespace reef::test {
namespace {

using namespace model;
using namespace peers;

SnapshotHead some_head() {
    SnapshotHead head{"eu", "eu.1", {}};
    head.marks["eu.1"] = {7, 7, hash_of("seven")};
    head.marks["us.k3f9"] = {0, 0, {}};
    head.ended["us.first"] = {3, hash_of("three")};
    head.ended["us.k3f9"] = {0, {}};
    head.retired = {"us.first"};
    return head;
}

TEST(SnapshotJson, ThePositionComesBack) {
    const std::string text = head_json(some_head());
    const auto json = parse_json(text);
    ASSERT_TRUE(json);
    const auto head = read_head(*json);
    ASSERT_TRUE(head) << head.error().what;
    EXPECT_EQ(*head, some_head());
}

TEST(SnapshotJson, ThePlaceComesBackWhateverTheKeyIs) {
    for (const std::string key : {"", "10", "a\"b\\c", "\xF0\x9F\x90\x9A,\n"}) {
        SnapshotPlace place{some_head(), "things", key, 0};
        auto read = parse_place(place_json(place));
        ASSERT_TRUE(read) << read.error().what;
        EXPECT_EQ(read->after, key);
        EXPECT_EQ(read->resource, "things");
        EXPECT_EQ(read->head, some_head());
    }
    const auto at_requests = parse_place(place_json({some_head(), "", {}, 17}));
    ASSERT_TRUE(at_requests);
    EXPECT_FALSE(at_requests->after);
    EXPECT_EQ(question_json(*at_requests), R"({"requests":17,"all":true})");
    EXPECT_EQ(question_json({some_head(), "things", {}, 0}), R"({"resource":"things","all":true})");
    EXPECT_EQ(question_json({some_head(), "things", "k", 0}),
              R"({"resource":"things","after":"k","all":true})");
}

TEST(SnapshotJson, RowsAndRequestsComeBack) {
    const Schema schema = things();
    Island eu{schema, "eu.1"};
    for (const WriteKind kind : {WriteKind::create, WriteKind::remove}) {
        Intent intent;
        intent.kind = kind;
        intent.key = Key{"k"};
        if (kind == WriteKind::create) intent.fields = {{1, std::string{"n"}}, {3, Value{5L}}};
        intent.received = Time{1'000'000};
        intent.request.ids = {{RequestKind::id, std::string{name_of(kind)}}};
        eu.submit(intent);
    }
    std::vector<store::StoredRow> stored;
    for (const auto& [ref, row] : eu.rows)
        stored.push_back(row);
    const auto rows = parse_rows(schema[0], rows_json(schema[0], "eu.1", stored));
    ASSERT_TRUE(rows) << rows.error().what;
    EXPECT_EQ(rows->self, "eu.1");
    ASSERT_EQ(rows->rows.size(), 1U);
    EXPECT_EQ(rows->rows[0], stored[0].row) << "a tombstone too";

    std::vector<store::SavedRequest> saved;
    for (const auto& [id, seen] : eu.requests)
        saved.push_back({saved.size() + 1, id, seen});
    const auto requests = parse_requests(schema, requests_json(schema, "eu.1", saved));
    ASSERT_TRUE(requests) << requests.error().what;
    ASSERT_EQ(requests->requests.size(), 2U);
    for (std::size_t i = 0; i < 2; ++i) {
        EXPECT_EQ(requests->requests[i].id, saved[i].id);
        EXPECT_EQ(requests->requests[i].seen, saved[i].seen);
        EXPECT_EQ(requests->requests[i].number, i + 1);
    }
}

TEST(SnapshotJson, WhatNoNodeWritesIsRefused) {
    const Schema schema = things();
    for (const char* text :
         {"", "{}", "[]", R"({"rows":[1]})", R"({"self":"eu.1","rows":[{"key":"k"}]})"}) {
        EXPECT_FALSE(parse_rows(schema[0], text)) << text;
    }
    for (const char* text : {"{}", R"({"requests":[{}]})", R"({"requests":[{"number":1}]})"}) {
        EXPECT_FALSE(parse_requests(schema, text)) << text;
    }
    for (const char* text :
         {"{}", R"({"node":"eu","self":"eu.1"})", R"({"node":"eu","self":"eu 1","origins":{}})",
          R"({"node":"eu","self":"eu.1","origins":{"eu.1":[1]}})",
          R"({"node":"eu","self":"eu.1","origins":{"eu.1":[-1,"00"]}})",
          R"({"node":"eu","self":"eu.1","origins":{},"ended":{"us.1":"3"}})"}) {
        const auto json = parse_json(text);
        ASSERT_TRUE(json);
        EXPECT_FALSE(read_head(*json)) << text;
    }
}

}  // namespace
}  // namespace reef::test
