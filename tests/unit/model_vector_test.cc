// Vectors and positions at their limits, and a store that has lived more often than once a day.
#include "model/vector.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "islands.hpp"
#include "peers/feed_lines.hpp"

namespace reef::test {
namespace {

using namespace model;

std::string origin_of(std::size_t life) {
    return "us.l" + std::to_string(10'000 + life);
}

TEST(Position, NamesAsManyOriginsAsAStoreMayKnow) {
    Position position;
    for (std::size_t life = 0; life < position_entries_max; ++life)
        position[origin_of(life)] = life;
    EXPECT_EQ(parse_position(to_text(position)), position);
    position[origin_of(position_entries_max)] = 1;
    EXPECT_FALSE(parse_position(to_text(position)));
}

TEST(Vector, NamesAsManyWritersAsTheirCountsCanBeAddedUp) {
    Vector vector;
    for (std::size_t life = 0; life < vector_entries_max; ++life)
        vector.put({origin_of(life), seq_max, seq_max});
    const auto read = parse_vector(to_text(vector));
    EXPECT_EQ(read, vector);
    EXPECT_LE(read->writes(), std::uint64_t{std::numeric_limits<std::int64_t>::max()});
    for (std::size_t life = 0; life < vector_entries_max; ++life)
        EXPECT_EQ(vector.seq_of(origin_of(life)), seq_max);
    EXPECT_EQ(vector.seq_of("us.l"), 0U);
    EXPECT_EQ(vector.seq_of("zz.1"), 0U);
    vector.put({origin_of(vector_entries_max), 1, 1});
    EXPECT_FALSE(parse_vector(to_text(vector)));
}

// us is restored each time it has written, and eu follows it.
TEST(Lives, TwoHundredOfThemWithOneHotRow) {
    constexpr std::size_t lives = 200;
    const Schema schema = things();
    Island us{schema, origin_of(0)};
    Island eu{schema, "eu.1"};
    for (std::size_t life = 0; life < lives; ++life) {
        us.ledger.self = origin_of(life);
        us.ledger.origins[us.ledger.self];
        Intent intent;
        intent.kind = life == 0 ? WriteKind::create : WriteKind::update;
        intent.key = Key{std::string{"hot"}};
        intent.fields = {{1, "n" + std::to_string(life)}, {3, static_cast<std::int64_t>(life + 1)}};
        intent.received = Time{1'000'000 + static_cast<std::int64_t>(life)};
        ASSERT_TRUE(std::holds_alternative<Accepted>(us.submit(intent)));
        ASSERT_TRUE(eu.take(us.run_of(us.ledger.self, 1, 1)));
    }
    EXPECT_EQ(eu.text(), us.text());
    const Row& row = *eu.row(Key{std::string{"hot"}});
    EXPECT_EQ(version_of(row), lives);
    EXPECT_EQ(value_of(schema.resources[0], row, 3), Value{std::int64_t{lives}});
    EXPECT_EQ(parse_vector(to_text(row.vector)), row.vector) << "as an ETag";

    const peers::Heartbeat said{"eu", Time{1}, eu.ledger.received(), eu.ledger.applied()};
    std::string line;
    peers::append_line(line, said);
    line.pop_back();
    const auto heard = peers::parse_line(line);
    ASSERT_TRUE(heard);
    EXPECT_EQ(std::get<peers::Heartbeat>(*heard), said);
    EXPECT_EQ(said.received.size(), lives + 1);
}

}  // namespace
}  // namespace reef::test
