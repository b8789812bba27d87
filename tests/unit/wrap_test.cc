#include "http/wrap.hpp"

#include <gtest/gtest.h>

namespace reef::http {

namespace {

TEST(Wrap, AnAppsAnswersAreFilledIn) {
    const http::Wrap wrap{R"({"success": true, "data": <data>, "message": <message>})"};
    EXPECT_EQ(wrap.fill({.data = "[1]", .text = "say \"it\""}),
              R"({"success":true,"data":[1],"message":"say \"it\""})");
    EXPECT_EQ(wrap.fill({.data = "[1]", .text = "x", .more = R"(,"next":"k")"}),
              R"({"success":true,"data":[1],"message":"x","next":"k"})");
}

TEST(Wrap, APartMayStandInsideAString) {
    const http::Wrap wrap{
        R"({"error": "<error>: <detail>, <status> <title>", "code": <code>, "id": <request_id>})"};
    EXPECT_EQ(
        wrap.fill({.text = "a \"b\"\n",
                   .error = "No such thing",
                   .code = "not_found",
                   .title = "Not found",
                   .status = 404,
                   .request_id = "r1"}),
        R"({"error":"No such thing: a \"b\"\n, 404 Not found","code":"not_found","id":"r1"})");
}

TEST(Wrap, WithoutAPatternNothingIsWrapped) {
    EXPECT_FALSE(http::Wrap{""}.wraps());
    EXPECT_TRUE(http::Wrap{"<data>"}.wraps());
}

}  // namespace

}  // namespace reef::http
