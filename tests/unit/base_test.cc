#include <gtest/gtest.h>

#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "base/hash.hpp"
#include "base/program.hpp"
#include "base/time.hpp"
#include "temporary_folder.hpp"

namespace reef {
namespace {

TEST(Build, KeepsItsAssertions) {
#ifdef NDEBUG
    FAIL() << "assert() does nothing here";
#endif
}

TEST(Time, IsWrittenAsIso8601) {
    EXPECT_EQ(to_text(Time{1767268800000000}), "2026-01-01T12:00:00.000000Z");
    std::string text;
    append_time(text, Time{1704067200123456}, 3, TimeZone::none);
    EXPECT_EQ(text, "2024-01-01T00:00:00.123");
}

TEST(Time, IsReadInTheSpellingsThatOthersUse) {
    const Time noon{1767268800000000};
    for (const char* text :
         {"2026-01-01T12:00:00Z", "2026-01-01T12:00:00.000000Z", "2026-01-01 12:00:00",
          "2026-01-01T13:00:00+01:00", "2026-01-01T06:30:00.000-0530", "2026-01-01T14:00:00+02"}) {
        EXPECT_EQ(parse_time(text), noon) << text;
    }
}

TEST(Time, RefusesWhatIsNoTime) {
    for (const char* text :
         {"", "2026", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z", "2026-01-01T24:00:00Z",
          "2026-01-01T12:00:00.Z", "2026-01-01T12:00:00Zx", "0000-01-01T00:00:00Z"}) {
        EXPECT_FALSE(parse_time(text)) << text;
    }
}

TEST(Hash, SumsDoNotDependOnOrder) {
    Hash128 sum;
    sum += hash_of("a");
    sum += hash_of("b");
    Hash128 other;
    other += hash_of("b");
    other += hash_of("a");
    EXPECT_EQ(sum, other);
    sum -= hash_of("a");
    EXPECT_EQ(sum, hash_of("b"));
}

TEST(Hash, TextIsReadBack) {
    const Hash128 hash = hash_of("atoll");
    EXPECT_EQ(parse_hash(to_hex(hash)), hash);
    EXPECT_FALSE(parse_hash("xyz"));
}

// PATH, for as long as it lives.
class Path {
public:
    explicit Path(const std::string& folders) { ::setenv("PATH", folders.c_str(), 1); }
    ~Path() { ::setenv("PATH", before_.c_str(), 1); }
    Path(const Path&) = delete;
    Path& operator=(const Path&) = delete;

private:
    const std::string before_{::getenv("PATH")};
};

TEST(Program, IsWherePathLeads) {
    const test::TemporaryFolder folder;
    const std::string file = folder.file("atoll-test-program");
    const Path path{"/nowhere:" + folder.file("")};
    std::ofstream{file} << "#!/bin/sh\n";
    EXPECT_FALSE(find_program("atoll-test-program")) << "nobody may run it";
    std::filesystem::permissions(file, std::filesystem::perms::owner_all);
    const auto found = find_program("atoll-test-program");
    ASSERT_TRUE(found) << found.error().what;
    EXPECT_TRUE(std::filesystem::equivalent(*found, file));
}

TEST(Program, MayBeWhereOnlyRootsPathLeads) {
    const Path path{"/nowhere"};
    EXPECT_TRUE(find_program("chroot")) << "Debian has it in /usr/sbin";
}

TEST(Program, ThatIsNowhereSaysWhereItWasLookedFor) {
    const Path path{"/nowhere:/usr/sbin"};
    const auto found = find_program("atoll-test-program");
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().code, Errc::unavailable);
    EXPECT_EQ(found.error().what,
              "there is no atoll-test-program in /nowhere, /usr/sbin, /usr/local/sbin, /sbin");
}

}  // namespace
}  // namespace reef
