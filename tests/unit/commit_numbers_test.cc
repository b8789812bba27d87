// Numbers that nodes give out without agreement, as the batches of an island give them.
#include "commit/id_allocation.hpp"

#include <gtest/gtest.h>

#include "islands.hpp"

namespace reef::test {
namespace {

using namespace model;
using namespace std::string_literals;

Schema warehouses() {
    Resource resource;
    resource.name = "warehouses";
    resource.fields = {field("id", FieldType::int64), field("name", FieldType::text)};
    resource.fields[0].key = KeyKind::slots;
    resource.fields[0].first_key = 3001;
    resource.fields[0].key_from_client = true;
    Schema schema;
    schema.resources = {std::move(resource)};
    return schema;
}

class NumbersTest : public testing::Test {
protected:
    const Schema schema = warehouses();
    Island us{schema, "us.1"};

    static Intent write(WriteKind kind, std::optional<Key> key) {
        Intent intent;
        intent.kind = kind;
        intent.key = std::move(key);
        intent.received = Time{1'000'000};
        if (kind == WriteKind::create) intent.fields = {{1, "w"s}};
        return intent;
    }
    static Intent make() { return write(WriteKind::create, std::nullopt); }
    static Intent take(std::int64_t number) { return write(WriteKind::create, Key{number}); }

    std::vector<Outcome> together(const std::vector<Intent>& intents) {
        store::LoadRequest wanted;
        for (const Intent& intent : intents)
            commit::add_to_request(schema, commit::ClientWrite{intent}, wanted);
        const auto batch = us.begin(wanted);
        std::vector<Outcome> outcomes;
        for (const Intent& intent : intents)
            outcomes.push_back(std::get<Outcome>(batch->take(commit::ClientWrite{intent}).value()));
        us.save(batch->finish());
        return outcomes;
    }
    static std::int64_t number_of(const Outcome& outcome) {
        return std::get<std::int64_t>(std::get<Accepted>(outcome).row.key);
    }
};

TEST_F(NumbersTest, AreOfThisNodeAndNoneIsGivenTwice) {
    auto done = together({make(), make()});
    EXPECT_EQ(number_of(done[0]), 3001);
    EXPECT_EQ(number_of(done[1]), 3017);
    together({write(WriteKind::remove, Key{std::int64_t{3017}})});
    EXPECT_EQ(number_of(together({make()})[0]), 3033);
    us.batch_context.node_index = 1;
    us.ledger.next_id.clear();
    EXPECT_EQ(number_of(together({make()})[0]), 3002);
}

TEST_F(NumbersTest, AreNotMovedByThoseOfClients) {
    auto done = together({take(3018), make(), take(new_number_max), make(), take(4000), make()});
    EXPECT_EQ(number_of(done[1]), 3001);
    EXPECT_EQ(number_of(done[3]), 3017);
    EXPECT_EQ(number_of(done[5]), 3033);
}

TEST_F(NumbersTest, PassOverThoseThatAreTaken) {
    together({take(3001), take(3033), take(3049), take(3081)});
    together({write(WriteKind::remove, Key{std::int64_t{3049}})});
    auto done = together({make(), take(3065), make(), make()});
    EXPECT_EQ(number_of(done[0]), 3017);
    EXPECT_EQ(number_of(done[2]), 3097) << "3065 is taken in the same batch";
    EXPECT_EQ(number_of(done[3]), 3113);
}

TEST_F(NumbersTest, PassOverALongRunOnce) {
    constexpr std::int64_t taken = 10'000;
    std::vector<Intent> downwards;
    for (std::int64_t i = taken; i > 0; --i)
        downwards.push_back(take(3001 + 16 * i));
    together(downwards);
    EXPECT_EQ(number_of(together({make()})[0]), 3001);
    EXPECT_EQ(us.ledger.next_id.at(0), 3017);
    commit::SearchedNumbers searched;
    const auto looks = [&] {
        store::LoadRequest wanted;
        commit::add_to_request(schema, commit::ClientWrite{make()}, wanted);
        commit::NumberSearch numbers{schema, 0, searched};
        std::size_t looked = 0;
        for (bool enough = false; !enough;) {
            numbers.ask(wanted);
            looked += wanted.candidates.size();
            EXPECT_LE(wanted.candidates.size(), 5000U) << "a piece is bounded";
            const commit::Batch batch{schema, us.load(wanted), us.batch_context};
            enough = numbers.is_enough(batch);
        }
        return looked;
    };
    EXPECT_GE(looks(), static_cast<std::size_t>(taken));
    EXPECT_EQ(looks(), 1U) << "also where nothing came of the first create";
    EXPECT_EQ(number_of(together({make()})[0]), 3001 + 16 * (taken + 1));
    EXPECT_EQ(us.ledger.next_id.at(0), 3001 + 16 * (taken + 2)) << "durable";
}

// The seed, and a table that was taken over: not into the gaps of a sequence that was there before.
TEST_F(NumbersTest, GoOnBehindThoseThatWereThereBefore) {
    commit::Rows before;
    for (const std::int64_t number : {1, 5000, 5'000'000})
        before.rows.push_back(base_row(schema[0], Key{number}, {number, "w"s}));
    ASSERT_TRUE(us.take(before));
    EXPECT_EQ(number_of(together({make()})[0]), 5001);
}

TEST_F(NumbersTest, AreNotMovedByThoseOfPeers) {
    Island eu{schema, "eu.1"};
    eu.batch_context.node_index = 1;
    for (const std::int64_t number : {std::int64_t{3001}, new_number_max, std::int64_t{1} << 62})
        eu.submit(take(number));
    ASSERT_TRUE(us.take(eu.run_of("eu.1", 1, 3)));
    commit::Rows snapshot;
    snapshot.rows = {*eu.row(Key{std::int64_t{1} << 62})};
    ASSERT_TRUE(us.take(snapshot));
    EXPECT_EQ(number_of(together({make()})[0]), 3017);
}

// In earlier versions the numbers of clients moved those of the node.
TEST_F(NumbersTest, BeginAnewWhereTheyWereMovedTooFar) {
    together({make(), make()});
    for (const std::int64_t moved : {(std::int64_t{1} << 62) + 1, new_number_max - 3}) {
        us.ledger.next_id[0] = moved;
        EXPECT_TRUE(std::holds_alternative<Accepted>(together({make()})[0]));
    }
    EXPECT_EQ(us.ledger.next_id.at(0), 3001 + 4 * 16);
}

}  // namespace
}  // namespace reef::test
