// What a batch leaves alone: records that would be too large, rows that say what cannot be, records
// that cannot be read.
#include <gtest/gtest.h>

#include "islands.hpp"

namespace reef::test {
namespace {

using namespace model;

class UnfitTest : public testing::Test {
protected:
    const Schema schema = [] {
        Resource resource;
        resource.name = "warehouses";
        resource.fields = {field("id", FieldType::int64), field("name", FieldType::text)};
        resource.fields[0].key = KeyKind::slots;
        Schema made;
        made.resources = {std::move(resource)};
        return made;
    }();
    const Key one{std::int64_t{1}};
    Island us{schema, "us.1"};
    Island eu{schema, "eu.1"};

    Intent write(WriteKind kind, std::string name = "") const {
        Intent intent;
        intent.kind = kind;
        intent.key = one;
        if (kind != WriteKind::remove) intent.fields = {{1, std::move(name)}};
        intent.received = Time{1'000'000};
        return intent;
    }
    std::string refusal(const Intent& intent) {
        const Outcome outcome = us.submit(intent);
        const auto* refused = std::get_if<Refused>(&outcome);
        return refused ? std::string{name_of(refused->refusal)} : "";
    }
    // us made it, and eu has changed it since.
    void write_at_both() {
        us.submit(write(WriteKind::create, "w"));
        eu.take(us.run_of("us.1", 1, 1)).value();
        eu.submit(write(WriteKind::update, "x"));
    }
};

TEST_F(UnfitTest, ARecordThatWouldBeTooLargeIsRefused) {
    us.batch_context.record_bytes_max = 10'000;
    const auto named = [this](WriteKind kind, std::size_t bytes) {
        return refusal(write(kind, std::string(bytes, '\x7f')));
    };
    EXPECT_EQ(named(WriteKind::create, 1'700), "record_too_large");
    EXPECT_FALSE(us.row(one));
    EXPECT_EQ(named(WriteKind::create, 1'500), "");
    EXPECT_EQ(named(WriteKind::update, 1'700), "record_too_large");
    us.batch_context.record_bytes_max = 1'000;
    EXPECT_EQ(named(WriteKind::update, 1'500), "record_too_large");
    EXPECT_EQ(refusal(write(WriteKind::remove)), "");
}

// A peer's row that names more of this node's writes than it made: its own next write could not be
// told from them.
TEST_F(UnfitTest, ARowOfThisNodesFutureIsParked) {
    us.submit(write(WriteKind::create, "w"));
    eu.take(us.run_of("us.1", 1, 1)).value();
    eu.rows.begin()->second.row.vector.put({"us.1", 7, 2});
    eu.submit(write(WriteKind::update, "x"));
    const auto done = us.take(eu.run_of("eu.1", 1, 1));
    ASSERT_TRUE(done);
    const auto& parked = std::get<commit::Applied>(*done).parked;
    ASSERT_EQ(parked.size(), 1U);
    EXPECT_TRUE(parked[0].may_pass) << "this node may get back what it wrote";
    EXPECT_EQ(us.letters.at(0).reason, "its vector names us.1:7, which was not written here");
    EXPECT_EQ(us.row(one)->vector.seq_of("us.1"), 1U);
    commit::Rows snapshot;
    snapshot.rows = {*eu.row(one)};
    EXPECT_FALSE(us.take(snapshot));
    snapshot.parks = true;
    EXPECT_TRUE(us.take(snapshot));
    EXPECT_EQ(us.letters.size(), 2U);
}

TEST_F(UnfitTest, ARecordThatCannotBeReadIsLeftAlone) {
    write_at_both();
    const auto digest = us.ledger.digests.at(0);
    us.unreadable = {{0, one}};
    const auto refused = us.take(commit::ClientWrite{write(WriteKind::update, "y")});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::invalid);
    const auto done = us.take(eu.run_of("eu.1", 1, 1));
    ASSERT_TRUE(done);
    EXPECT_EQ(std::get<commit::Applied>(*done).parked.size(), 1U);
    EXPECT_EQ(us.received("eu.1"), 1U) << "the others of its origin go on";
    EXPECT_EQ(us.ledger.digests.at(0), digest);
}

TEST_F(UnfitTest, ARepairReplacesItAndKeepsTheSums) {
    write_at_both();
    us.unreadable = {{0, one}};
    commit::Rows row;
    row.rows = {*eu.row(one)};
    EXPECT_FALSE(us.take(row)) << "it is no repair";
    row.repairs = true;
    EXPECT_TRUE(us.take(row));
    EXPECT_EQ(us.ledger.digests.at(0), eu.ledger.digests.at(0));
    EXPECT_EQ(us.text(), eu.text());
}

TEST_F(UnfitTest, ItCanBeTakenOut) {
    us.submit(write(WriteKind::create, "w"));
    commit::Rows out;
    out.erased = {{0, one}};
    EXPECT_FALSE(us.take(out)) << "it can be read";
    us.unreadable = {{0, one}};
    EXPECT_TRUE(us.take(out));
    EXPECT_EQ(us.ledger.digests.at(0), store::Digest{});
    EXPECT_FALSE(us.row(one));
}

}  // namespace
}  // namespace reef::test
