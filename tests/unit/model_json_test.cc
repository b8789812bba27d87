#include "base/text/json.hpp"

#include <gtest/gtest.h>

#include <random>

#include "islands.hpp"

namespace reef::test {
namespace {

using namespace model;

std::string problem(std::string_view text) {
    const auto json = parse_json(text);
    return json ? "" : json.error().what;
}

std::string compact(std::string_view text) {
    const auto json = parse_json(text);
    if (!json) return "! " + json.error().what;
    std::string out;
    append_json(out, *json);
    return out;
}

TEST(Json, KeepsOrderAndNumbersAsWritten) {
    for (const char* text :
         {"{\"b\":1,\"a\":[true,false,null,\"x\"],\"c\":{}}", "[]", "0", "-0", "1.50", "1E+2",
          "1e-7", "123456789012345678901234567890", "0.1000000000000000055511151231257827",
          "18446744073709551616", "\"\"", "{\"\":{\"\":0}}"}) {
        EXPECT_EQ(compact(text), text);
    }
    EXPECT_EQ(compact(" { \"a\" : [ 1 , 2 ] } \n"), "{\"a\":[1,2]}");
    EXPECT_EQ(compact("\"\\u00e9\\ud83d\\ude00\\/\\b\\f\\n\\r\\t\""),
              "\"\u00e9\U0001F600/\\u0008\\u000c\\n\\r\\t\"");
}

TEST(Json, RefusesANameThatStandsThereTwice) {
    EXPECT_EQ(problem("{\"a\":1,\"a\":2}"), "the name at /a stands there twice");
    EXPECT_EQ(problem("{\"a\":1,\"\\u0061\":2}"), "the name at /a stands there twice");
    EXPECT_EQ(problem("{\"x\":[0,{\"y/~\":{\"k\":1,\"k\":1}}]}"),
              "the name at /x/1/y~1~0/k stands there twice");
    EXPECT_EQ(problem("[[],[{\"k\":{},\"k\":1}]]"), "the name at /1/0/k stands there twice");
    EXPECT_EQ(problem("{\"a\":{\"k\":1},\"b\":{\"k\":1}}"), "");
}

TEST(Json, RefusesItAmongManyNames) {
    for (const int count : {15, 16, 17, 18, 40}) {
        for (const int twice : {0, 14, count - 1}) {
            std::string text = "{\"o\":[{";
            for (int i = 0; i < count; ++i)
                text += "\"n" + std::to_string(i) + "\":{\"a\":1},";
            EXPECT_EQ(problem(text + "\"z\":1}]}"), "") << count;
            EXPECT_EQ(problem(text + "\"n" + std::to_string(twice) + "\":1}]}"),
                      "the name at /o/0/n" + std::to_string(twice) + " stands there twice");
        }
    }
}

TEST(Json, RefusesWhatIsDeeperThanAllowed) {
    for (const auto& [open, close] : {std::pair{"[", "]"}, std::pair{"{\"a\":", "}"}}) {
        std::string text = "1";
        for (std::size_t i = 0; i < json_depth_max; ++i)
            text = open + text + close;
        EXPECT_EQ(problem(text), "");
        EXPECT_NE(problem(open + text + close), "");
    }
    EXPECT_NE(problem(std::string(100'000, '[')), "");
}

TEST(Json, RefusesWhatIsNoJson) {
    for (const char* text : {"",
                             " ",
                             "{",
                             "[1,]",
                             "{\"a\":1,}",
                             "{a:1}",
                             "'a'",
                             "01",
                             "+1",
                             "1.",
                             ".5",
                             "1e",
                             "NaN",
                             "Infinity",
                             "tru",
                             "nulll",
                             "1 2",
                             "{} {}",
                             "[1]x",
                             "\"a",
                             "\"\\x\"",
                             "\"\t\"",
                             "/**/1",
                             "\"\\ud800\"",
                             "\"\\udc00\"",
                             "\"\\ud800\\u0041\"",
                             "\"\xff\"",
                             "\"\xc0\x80\"",
                             "\"\xed\xa0\x80\"",
                             "{\"\xff\":1}",
                             "\xef\xbb\xbf{}",
                             "1e99999999999999999999"}) {
        EXPECT_NE(problem(text), "") << text;
    }
    EXPECT_NE(problem(std::string_view{"1\0", 2}), "");
    EXPECT_EQ(problem("[1]x"), "not valid JSON at byte 3: something follows the value");
}

TEST(Json, FindsMembers) {
    const Json json = parse_json("{\"a\":{\"b\":\"c\"}}").value();
    ASSERT_TRUE(json.find("a"));
    EXPECT_EQ(json.find("a")->find("b")->text, "c");
    EXPECT_EQ(json.find("b"), nullptr);
    EXPECT_EQ(Json{}.find("a"), nullptr);
}

TEST(Json, MutationsNeverCrashAndWhatIsReadIsReadAgain) {
    std::mt19937_64 random{seed_of_this_run(5)};
    const std::string start =
        "{\"a\":[1,-2.5e3,true,null,\"x\\u00e9\\n\"],\"b\":{\"c\":{\"d\":[[],{}]}},\"e\":"
        "\"\u00e9\"}";
    std::size_t good = 0;
    for (int i = 0; i < 20'000; ++i) {
        std::string text = start;
        for (std::size_t n = 1 + random() % 3; n > 0 && !text.empty(); --n) {
            const std::size_t at = random() % text.size();
            switch (random() % 4) {
                case 0:
                    text.erase(at, 1 + random() % 3);
                    break;
                case 1:
                    text.insert(at, text.substr(random() % text.size(), random() % 9));
                    break;
                default:
                    text[at] = random() % 4 ? "{}[]\",:0e-.\\ut"[random() % 14]
                                            : static_cast<char>(random());
            }
        }
        const auto json = parse_json(text);
        if (!json) continue;
        ++good;
        std::string once;
        append_json(once, *json);
        ASSERT_EQ(compact(once), once) << text;
    }
    EXPECT_GT(good, 200U);
}

}  // namespace
}  // namespace reef::test
