// Env files, variables, and what was meant.
#include "config/spelling.hpp"
#include "config/variables.hpp"
#include "config_fixture.hpp"

namespace reef::config {
namespace {

TEST_F(ConfigTest, EnvFilesAreReadAsDockerAndShellsWriteThem) {
    const auto variables = read_env_file(write(".env",
                                               "\xef\xbb\xbf# a comment\r\n"
                                               "REGION=us\r\n"
                                               "  export PORT = 8000   # the port\n"
                                               "EMPTY=\n"
                                               "HASH=a#b\n"
                                               "ONLY= # nothing\n"
                                               "SINGLE='a # b $X \\n'  # quoted\n"
                                               "DOUBLE=\"a # \\\"b\\\"\\n\\$c\\d\" # x\n"
                                               "LIST=[\"B\", \"C # c\"] # a list\n"
                                               "BARE=[B,C,D]\n"
                                               "URL=postgres://u:p=w@h/d?x=y\n"
                                               "OPEN=\"abc\n"
                                               "=nameless\n"
                                               "no assignment\n"
                                               "\n"
                                               "PORT_EU=1\nLAST=end"));
    ASSERT_TRUE(variables);
    const Variables expected{{"REGION", "us"},
                             {"PORT", "8000"},
                             {"EMPTY", ""},
                             {"HASH", "a#b"},
                             {"ONLY", ""},
                             {"SINGLE", "a # b $X \\n"},
                             {"DOUBLE", "a # \"b\"\n$c\\d"},
                             {"LIST", "[\"B\", \"C # c\"]"},
                             {"BARE", "[B,C,D]"},
                             {"URL", "postgres://u:p=w@h/d?x=y"},
                             {"OPEN", "\"abc"},
                             {"PORT_EU", "1"},
                             {"LAST", "end"}};
    EXPECT_EQ(*variables, expected);
    EXPECT_FALSE(read_env_file(folder_.file("none")));
    EXPECT_FALSE(read_env_file(folder_.file("")));
}

std::string expanded(const std::string& text, const Variables& variables,
                     Unset unset = Unset::mistake) {
    const Environment found = environment(variables);
    const Expanded done = expand(text, lookup_for(found, "us"), unset);
    return done.mistake.empty() ? done.text : "mistake: " + done.mistake;
}

TEST(ConfigVariables, AreFilledIn) {
    const Variables variables{{"A", "a"}, {"B", "b"}, {"B_US", "b of us"}, {"E", ""}};
    EXPECT_EQ(expanded("x${A}y${A}", variables), "xaya");
    EXPECT_EQ(expanded("${B}", variables), "b of us");
    EXPECT_EQ(expanded("${N:-d}${E:-e}${A:-f}", variables), "dea");
    EXPECT_EQ(expanded("${N:-${M:-${A}}}-${N:-}", variables), "a-");
    EXPECT_EQ(expanded("${A:+set to ${A}}${N:+never ${M}}", variables), "set to a");
    EXPECT_EQ(expanded("${A:-${M}}", variables), "a");  // what is not used need not be there
    EXPECT_EQ(expanded("$A $${A} {A} $", variables), "$A ${A} {A} $");
    EXPECT_EQ(expanded("${N}", variables, Unset::empty), "");
}

TEST(ConfigVariables, MistakesAreSaid) {
    EXPECT_EQ(expanded("${N}", {}),
              "mistake: the environment variable N is not set (write ${N:-} "
              "where it may be absent)");
    for (const char* text : {"${A", "${A:-b", "${A:-${B}", "${"}) {
        EXPECT_TRUE(expanded(text, {{"A", "a"}}).ends_with("has no closing \"}\"")) << text;
    }
    for (const char* text : {"${}", "${1}", "${A-b}", "${A:?b}", "${A B}"}) {
        EXPECT_TRUE(expanded(text, {{"A", "a"}}).starts_with("mistake: \"${")) << text;
    }
    std::string deep;
    for (int i = 0; i < 100'000; ++i)
        deep += "${A:-";
    EXPECT_EQ(expanded(deep, {}), "mistake: variables are nested too deeply");
}

TEST(Spelling, FindsWhatWasMeant) {
    const std::vector<std::string> words{"price", "bedrooms", "us", "eu", "region_origin"};
    EXPECT_EQ(did_you_mean("pirce", words), " (did you mean \"price\"?)");
    EXPECT_EQ(did_you_mean("Price", words), " (did you mean \"price\"?)");
    EXPECT_EQ(did_you_mean("bedroom", words), " (did you mean \"bedrooms\"?)");
    EXPECT_EQ(did_you_mean("ue", words), " (did you mean \"eu\"?)");
    EXPECT_EQ(did_you_mean("regionorigin", words), " (did you mean \"region_origin\"?)");
    EXPECT_EQ(did_you_mean("colour", words), "");
    EXPECT_EQ(did_you_mean("x", words), "");
    EXPECT_EQ(did_you_mean(std::string(100'000, 'x'), words), "");
}

TEST(Spelling, QuotesWithoutCuttingACharacter) {
    EXPECT_EQ(in_quotes("a\nb"), "\"a b\"");
    EXPECT_EQ(in_quotes(std::string(59, 'x') + "é!"), '"' + std::string(59, 'x') + "…\"");
}

}  // namespace
}  // namespace reef::config
