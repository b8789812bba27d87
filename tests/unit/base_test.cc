#include <gtest/gtest.h>

#include "base/hash.hpp"
#include "base/time.hpp"

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

}  // namespace
}  // namespace reef
