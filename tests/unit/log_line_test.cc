#include "base/log_line.hpp"

#include <gtest/gtest.h>

#include "base/utf8.hpp"

namespace reef {
namespace {

const Time noon{1767268800000000};

TEST(LogLine, IsJsonWithItsFieldsInTheirOrder) {
    EXPECT_EQ(log::json_line(noon, "info", "us", "Serving", {{"app", "shop"}, {"records", 3000}}),
              R"({"time":"2026-01-01T12:00:00.000000Z","level":"info","node":"us",)"
              R"("message":"Serving","app":"shop","records":3000})");
}

TEST(LogLine, KeepsUtf8) {
    EXPECT_EQ(log::text_line("Moved", {{"to", "/büro/💡"}, {"from", "das Büro"}}),
              R"(Moved to=/büro/💡 from="das Büro")");
    EXPECT_NE(log::json_line(noon, "info", "zürich", "Moved", {{"to", "/büro/💡"}})
                  .find(R"("node":"zürich","message":"Moved","to":"/büro/💡")"),
              std::string::npos);
}

TEST(LogLine, EscapesControlCharactersAndWhatIsNoUtf8) {
    const std::string text = std::string{"a\"\\\n\x1b[31m\x7f"} + "\xc2\x9b" + "\xff\xc3";
    EXPECT_EQ(log::text_line("Odd", {{"text", text}}),
              R"(Odd text="a\"\\\u000a\u001b[31m\u007f\u009b\ufffd\ufffd")");
    EXPECT_EQ(log::text_line("Odd", {{"text", "\xff"}, {"more", ""}}),
              R"(Odd text="\ufffd" more="")");
    EXPECT_EQ(log::text_line("Odd", {{"text", "\x1b"}}), R"(Odd text="\u001b")");
}

TEST(LogLine, HasNoNameTwice) {
    EXPECT_EQ(log::json_line(noon, "info", "us", "Odd",
                             {{"node", "us"}, {"node", "eu"}, {"level", 7}, {"level", 8}}),
              R"({"time":"2026-01-01T12:00:00.000000Z","level":"info","node":"us",)"
              R"("message":"Odd","node_2":"eu","level_2":7,"level_3":8})");
}

TEST(Utf8, IsReadCharacterByCharacter) {
    EXPECT_EQ(utf8_character_bytes(""), 0U);
    EXPECT_EQ(utf8_character_bytes("ab"), 1U);
    EXPECT_EQ(utf8_character_bytes("üb"), 2U);
    EXPECT_EQ(utf8_character_bytes("→b"), 3U);
    EXPECT_EQ(utf8_character_bytes("💡b"), 4U);
    for (const char* text : {"\x80", "\xc0\xaf", "\xc3", "\xe0\x80\x80", "\xed\xa0\x80",
                             "\xf0\x80\x80\x80", "\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80"}) {
        EXPECT_FALSE(is_utf8(text)) << text;
    }
    EXPECT_TRUE(is_utf8("\xed\x9f\xbf\xf4\x8f\xbf\xbf"));
}

}  // namespace
}  // namespace reef
