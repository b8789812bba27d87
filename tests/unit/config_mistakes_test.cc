// Broken app files and what is said about them: all mistakes at once, in the order of the file.
// Each file of config_mistakes/ ends with what is expected, one mistake a line after "#! ".
#include <filesystem>
#include <sstream>

#include "config_fixture.hpp"

namespace reef::config {
namespace {

std::string text_in(const std::filesystem::path& file) {
    std::ostringstream text;
    text << std::ifstream(file).rdbuf();
    return text.str();
}

TEST(ConfigMistakes, AreAllSaidWithTheirPlaces) {
    int files = 0;
    const std::filesystem::path folder =
        std::string{REEF_SOURCE_DIR} + "/tests/unit/config_mistakes";
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        std::istringstream lines(text_in(entry.path()));
        std::string expected;
        for (std::string line; std::getline(lines, line);) {
            if (line.starts_with("#! ")) expected += line.substr(3) + '\n';
        }
        const LoadResult loaded = load_app(entry.path().string(), environment(), {});
        EXPECT_EQ(text_of(loaded.mistakes), expected) << entry.path();
        EXPECT_FALSE(loaded.app) << entry.path();
        ++files;
    }
    EXPECT_GT(files, 20);
}

// Whatever is done to a line of a good file, loading it ends, and with an app or with mistakes.
TEST_F(ConfigTest, EveryLineOfAShippedAppCanBeMissingOrThereTwice) {
    write("property-listing.csv", "");
    for (const char* name : {"property-listing.toml", "logistics.toml", "products.toml"}) {
        std::vector<std::string> lines;
        std::istringstream stream(text_in(shipped(name)));
        for (std::string line; std::getline(stream, line);)
            lines.push_back(line + '\n');
        for (std::size_t broken = 0; broken < lines.size(); ++broken) {
            for (const std::size_t times : {std::size_t{0}, std::size_t{2}}) {
                std::string text;
                for (std::size_t i = 0; i < lines.size(); ++i) {
                    for (std::size_t k = 0; k < (i == broken ? times : 1); ++k)
                        text += lines[i];
                }
                const LoadResult loaded = load(text);
                EXPECT_NE(loaded.app.has_value(), !loaded.mistakes.empty());
                for (const Mistake& mistake : loaded.mistakes) {
                    EXPECT_GT(mistake.line, 0U) << name << ' ' << broken << ' ' << mistake.what;
                    EXPECT_LE(mistake.line, lines.size() + 1);
                }
            }
        }
    }
}

// The same with characters of a file replaced by ones that mean something to TOML.
TEST_F(ConfigTest, AnyCharacterCanBeWrong) {
    write("property-listing.csv", "");
    const std::string good = text_in(shipped("property-listing.toml"));
    const std::string wrong = "\"'{}[]=\n#$,.9\xff";
    for (std::size_t i = 0; i < good.size(); i += 11) {
        std::string text = good;
        text[i] = wrong[i % wrong.size()];
        const LoadResult loaded = load(text);
        EXPECT_NE(loaded.app.has_value(), !loaded.mistakes.empty()) << i;
    }
}

// The examples of the reference load as they stand.
TEST_F(ConfigTest, TheExamplesOfTheReferenceAreGood) {
    const std::string page = text_in(std::string{REEF_SOURCE_DIR} + "/docs/app-file.md");
    const std::string opening = "```toml\n[app]\n";
    int examples = 0;
    for (std::size_t at = page.find(opening); at != page.npos; at = page.find(opening, at + 1)) {
        const std::size_t begin = at + std::string{"```toml\n"}.size();
        const LoadResult loaded = load(page.substr(begin, page.find("\n```", begin) - begin));
        EXPECT_EQ(text_of(loaded.mistakes), "");
        ++examples;
    }
    EXPECT_EQ(examples, 2);
}

TEST_F(ConfigTest, AFileThatCannotBeReadIsAMistakeOfItsOwn) {
    const LoadResult absent = load_app(folder_.file("none.toml"), environment(), {});
    EXPECT_EQ(text_of(absent.mistakes), " cannot be read: No such file or directory\n");
    const LoadResult folder = load_app(folder_.file(""), environment(), {});
    EXPECT_EQ(text_of(folder.mistakes), " cannot be read: Is a directory\n");
}

}  // namespace
}  // namespace reef::config
