#include "request_decoding_fixture.hpp"

#include <random>

#include "model/row.hpp"

namespace reef::api {
namespace {

using http::Method;
using model::Intent;
using model::Key;
using model::RequestKind;
using model::Resource;
using model::Value;
using model::WriteKind;
using Headers = RequestText::Headers;

// ---- the query -------------------------------------------------------------------------------

TEST_F(Reading, TheVersionOfADelete) {
    EXPECT_EQ(version("version=7"), "");
    EXPECT_EQ(intent_.precondition.version, 7U);
    EXPECT_EQ(version(""), "");
    EXPECT_FALSE(intent_.precondition.version);
    for (const char* query :
         {"version=", "version=0", "version=-1", "version=1.0", "version=x", "version=1&version=1",
          "version=+1", "version=18446744073709551616", "version"}) {
        EXPECT_EQ(version(query), "parameter version: must be one positive integer\n") << query;
    }
    EXPECT_EQ(version("verison=1&version=2"),
              "parameter verison: is not a parameter of this request\n");
    EXPECT_EQ(version("version=%"), "parameter : the query is not percent-encoded\n");
}

TEST_F(Reading, OperationsWithoutParametersRefuseThem) {
    std::vector<http::Fault> faults;
    refuse_query(RequestText{Method::get, "/things/1?a=1&b"}, faults);
    EXPECT_EQ(text_of(faults),
              "parameter a: is not a parameter of this request\n"
              "parameter b: is not a parameter of this request\n");
    faults.clear();
    refuse_query(RequestText{Method::get, "/things/1?&&"}, faults);
    EXPECT_EQ(text_of(faults), "");
    refuse_query(RequestText{Method::get, "/things/1?%zz=1"}, faults);
    EXPECT_EQ(text_of(faults), "parameter : the query is not percent-encoded\n");
}

TEST_F(Reading, AListWithoutParameters) {
    EXPECT_EQ(list(things(), ""), "");
    EXPECT_EQ(list_.query.sort, things().key);
    EXPECT_FALSE(list_.query.descending);
    EXPECT_EQ(list_.query.rows_max, 10U);
    EXPECT_FALSE(list_.query.after);
    EXPECT_TRUE(list_.query.filters.empty());
    EXPECT_EQ(list_.others, "");
}

TEST_F(Reading, AListWithAllParameters) {
    EXPECT_EQ(list(things(), "limit=50&sort=-price&min_price=-1.5&called=a%20+b&count=true"), "");
    EXPECT_EQ(list_.query.rows_max, 50U);
    EXPECT_EQ(list_.query.sort, *things().find_field("price"));
    EXPECT_TRUE(list_.query.descending);
    EXPECT_TRUE(list_.query.count);
    ASSERT_EQ(list_.query.filters.size(), 2U);
    EXPECT_EQ(list_.query.filters[0].compare, model::Compare::greater_equal);
    EXPECT_EQ(list_.query.filters[0].value, Value{std::int64_t{-150}});
    EXPECT_EQ(list_.query.filters[1].value, Value{std::string{"a  b"}});
    EXPECT_EQ(list_.others, "limit=50&sort=-price&min_price=-1.5&called=a%20%20b&count=true&");
}

TEST_F(Reading, BoundsOfPages) {
    for (const char* limit :
         {"0", "51", "-1", "x", "", "1.0", "4294967297", "18446744073709551617"}) {
        EXPECT_EQ(list(things(), "limit=" + std::string{limit}),
                  "parameter limit: must be an integer from 1 to 50\n")
            << limit;
    }
    EXPECT_EQ(list(things(), "limit=1"), "");
    EXPECT_EQ(list(notes(), "skip=0&limit=50"), "");
    app_.schema.resources[1].page.limits_above_max = true;
    for (const char* limit : {"51", "5000", "18446744073709551616"}) {
        EXPECT_EQ(list(notes(), "limit=" + std::string{limit}), "") << limit;
        EXPECT_EQ(list_.query.rows_max, 50U);
    }
    for (const char* limit : {"0", "-1", "1x", ""}) {
        EXPECT_EQ(list(notes(), "limit=" + std::string{limit}),
                  "parameter limit: must be an integer from 1 on\n")
            << limit;
    }
    EXPECT_EQ(list(notes(), "skip=9007199254740992"), "");
    EXPECT_EQ(list_.query.skip, std::uint64_t{1} << 53);
    for (const char* skip : {"-1", "9007199254740993", "18446744073709551616", "", "1e3"}) {
        EXPECT_EQ(list(notes(), "skip=" + std::string{skip}),
                  "parameter skip: must be an integer from 0\n")
            << skip;
    }
}

TEST_F(Reading, EachParameterOfAListOnceAndKnown) {
    EXPECT_EQ(list(things(),
                   "limit=1&limit=1&colour=red&skip=1&sort=rooms&count=yes&min_price=x"
                   "&called=toolong"),
              "parameter limit: must be given once\n"
              "parameter colour: is not a parameter of this list\n"
              "parameter skip: is not a parameter of this list\n"
              "parameter sort: must be one of price name, with - in front for the reverse\n"
              "parameter count: must be true or false\n"
              "parameter min_price: must be a number\n"
              "parameter called: must have at most 5 characters\n");
    EXPECT_EQ(list(notes(), "cursor=x&count=true&sort=id"),
              "parameter cursor: is not a parameter of this list\n"
              "parameter count: is not a parameter of this list\n"
              "parameter sort: is not a parameter of this list\n");
    EXPECT_EQ(list(things(), "cursor=a&cursor=a"),
              "parameter cursor: must be given once\n"
              "parameter cursor: is not one that this list gave\n");
    EXPECT_EQ(list(things(), "limit=%"), "parameter : the query is not percent-encoded\n");
    EXPECT_EQ(list(things(), "sort=--price").substr(0, 15), "parameter sort:");
    EXPECT_EQ(list(things(), "sort=-id"), "");
    EXPECT_EQ(list(things(), "LIMIT=1"), "parameter LIMIT: is not a parameter of this list\n");
}

// ---- cursors ---------------------------------------------------------------------------------

// Of the last record of a page in this order.
std::pair<Value, Key> place_of(const Resource& things, const store::ListQuery& query,
                               std::int64_t key, const char* name, Value price) {
    const std::string& sort = things.fields[query.sort].name;
    if (sort == "id") return {Value{key}, Key{key}};
    return {sort == "name" ? Value{std::string{name}} : std::move(price), Key{key}};
}

TEST_F(Reading, ACursorLeadsToWhereItWasMade) {
    const std::pair<const char*, Value> orders[] = {{"sort=id", Value{std::int64_t{12}}},
                                                    {"sort=-id", Value{std::int64_t{12}}},
                                                    {"sort=price", Value{std::int64_t{150}}},
                                                    {"sort=-name", Value{"a\"\n\xC3\xA9"}}};
    for (const auto& [order, value] : orders) {
        ASSERT_EQ(list(things(), order), "");
        const auto last = place_of(things(), list_.query, 12, "a\"\n\xC3\xA9", std::int64_t{150});
        const std::string cursor = cursor_after(things(), list_.query, last);
        EXPECT_EQ(cursor.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                           "0123456789-_"),
                  std::string::npos);
        ASSERT_EQ(list(things(), std::string{order} + "&cursor=" + cursor), "") << order;
        ASSERT_TRUE(list_.query.after);
        EXPECT_EQ(list_.query.after->first, value) << order;
        EXPECT_EQ(list_.query.after->second, Key{std::int64_t{12}});
        EXPECT_EQ(list_.others.find("cursor"), std::string::npos);
        // Where the parameter stands makes no difference.
        EXPECT_EQ(list(things(), "cursor=" + cursor + '&' + order), "") << order;
    }
}

TEST_F(Reading, ACursorOfNull) {
    ASSERT_EQ(list(things(), "sort=price"), "");
    const auto last = place_of(things(), list_.query, 3, "x", {});
    const std::string cursor = cursor_after(things(), list_.query, last);
    ASSERT_EQ(list(things(), "sort=price&cursor=" + cursor), "");
    EXPECT_EQ(list_.query.after->first, Value{});
}

TEST_F(Reading, ACursorBelongsToOneOrder) {
    ASSERT_EQ(list(things(), "sort=price"), "");
    const auto last = place_of(things(), list_.query, 12, "x", std::int64_t{150});
    const std::string cursor = cursor_after(things(), list_.query, last);
    for (const char* order : {"", "sort=-price&", "sort=name&", "sort=id&"}) {
        EXPECT_EQ(list(things(), order + ("cursor=" + cursor)),
                  "parameter cursor: is not one that this list gave\n")
            << order;
    }
}

TEST_F(Reading, MadeUpCursorsAreRefused) {
    // [], {}, 1, null, ["price"], ["price","+","1"], ["price","+","x","1"], ["price","+","1","x"],
    // ["price","+",[],"1"], ["price","*","1","1"], ["price","+","1",null], "x"
    for (const char* cursor : {"W10",
                               "e30",
                               "MQ",
                               "bnVsbA",
                               "WyJwcmljZSJd",
                               "WyJwcmljZSIsIisiLCIxIl0",
                               "WyJwcmljZSIsIisiLCJ4IiwiMSJd",
                               "WyJwcmljZSIsIisiLCIxIiwieCJd",
                               "WyJwcmljZSIsIisiLFtdLCIxIl0",
                               "WyJwcmljZSIsIioiLCIxIiwiMSJd",
                               "WyJwcmljZSIsIisiLCIxIixudWxsXQ",
                               "Ingi",
                               "",
                               "=",
                               "a=",
                               "%00",
                               "%FF",
                               "a%20b",
                               "AAAA",
                               "____"}) {
        EXPECT_EQ(list(things(), "sort=price&cursor=" + std::string{cursor}),
                  "parameter cursor: is not one that this list gave\n")
            << cursor;
        EXPECT_FALSE(list_.query.after) << cursor;
    }
    // ["price","+","1","1"], to show that it is not the form that was refused.
    EXPECT_EQ(list(things(), "sort=price&cursor=WyJwcmljZSIsIisiLCIxIiwiMSJd"), "");
}

TEST_F(Reading, BytesOfACursorMayBeAnything) {
    const auto seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random{seed};
    ASSERT_EQ(list(things(), "sort=name"), "");
    const std::string good =
        cursor_after(things(), list_.query, place_of(things(), list_.query, 12, "name", Value{}));
    for (int round = 0; round < 20'000; ++round) {
        std::string cursor = good;
        for (unsigned changes = random() % 4 + 1; changes > 0; --changes) {
            const std::size_t at = random() % cursor.size();
            if (random() % 4 == 0) cursor.erase(at, 1 + random() % 3);
            if (cursor.empty()) cursor = "A";
            cursor[random() % cursor.size()] =
                "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"[random() % 64];
        }
        const std::string faults = list(things(), "sort=name&cursor=" + cursor);
        if (faults.empty()) {
            ASSERT_TRUE(list_.query.after) << cursor;
            ASSERT_TRUE(std::holds_alternative<std::int64_t>(list_.query.after->second));
        } else {
            ASSERT_EQ(faults, "parameter cursor: is not one that this list gave\n") << cursor;
            ASSERT_FALSE(list_.query.after) << cursor;
        }
    }
}

}  // namespace
}  // namespace reef::api
