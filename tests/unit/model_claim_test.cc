// Values with unique = "home": who keeps them, what a claim is, and what decide() makes of a home's
// answer.
#include "model/claim.hpp"

#include <gtest/gtest.h>

#include "islands.hpp"

namespace reef::test {
namespace {

using namespace model;

constexpr FieldId name_field = 1;

Schema claimed_names() {
    Schema schema = things();
    schema.resources[0].fields[name_field].unique = true;
    schema.resources[0].fields[name_field].unique_at_home = true;
    return schema;
}

class ClaimTest : public testing::Test {
protected:
    const Schema schema = claimed_names();
    Island us{schema, "us.1"};
    Island eu{schema, "eu.1"};

    void SetUp() override {
        for (Island* island : {&us, &eu})
            island->batch_context.members = {"us", "eu"};
    }

    FieldRef value(const std::string& text) const { return {0, name_field, Value{text}}; }
    std::string home_of(const std::string& text) const {
        return home_of_value(schema, value(text), {"us", "eu"});
    }
    // The first of its kind that this node keeps.
    std::string kept_by(const std::string& node) const {
        for (int i = 0;; ++i) {
            if (std::string text = "n" + std::to_string(i); home_of(text) == node) return text;
        }
    }

    static Intent write(WriteKind kind, const std::string& key, const std::string& name,
                        const std::string& request, std::vector<ClaimAnswer> claims = {}) {
        Intent intent;
        intent.kind = kind;
        intent.key = Key{key};
        intent.fields = {{name_field, Value{name}}};
        intent.received = Time{1'000'000};
        intent.request.ids = {{RequestKind::id, request}};
        intent.request.attempt = request;
        intent.claims = std::move(claims);
        return intent;
    }

    static commit::Claimed claim(Island& home, const FieldRef& value, const std::string& request,
                                 const Claimant& claimant, std::vector<Claimant> ended = {}) {
        commit::ValueClaim wanted{
            value, {}, hashes_of({{RequestKind::id, request}}), claimant, std::move(ended)};
        return std::get<commit::Claimed>(home.take(std::move(wanted)).value());
    }

    static bool is_refused(const Outcome& outcome, Refusal refusal) {
        const auto* refused = std::get_if<Refused>(&outcome);
        return refused && refused->refusal == refusal;
    }
};

TEST_F(ClaimTest, HomesStayWhereTheyAre) {
    const std::vector<std::string> four{"A", "B", "C", "D"};
    std::string homes;
    for (const char* text : {"", "a", "TRK-0001", "TRK-0002", "Ä", "zzz"})
        homes += home_of_value(schema, value(text), four);
    EXPECT_EQ(homes, "CBADDB") << "a value that moves could be given out twice";
    EXPECT_EQ(home_of_value(schema, value("a"), {}), "");
    // Of the values of four nodes a fifth takes some, and none moves between the four.
    const std::vector<std::string> five{"E", "D", "C", "B", "A"};
    int moved = 0;
    for (int i = 0; i < 100; ++i) {
        const FieldRef one = value("v" + std::to_string(i));
        const std::string now = home_of_value(schema, one, five);
        if (now == home_of_value(schema, one, four)) continue;
        EXPECT_EQ(now, "E");
        ++moved;
    }
    EXPECT_GT(moved, 0);
    EXPECT_LT(moved, 50);
}

TEST_F(ClaimTest, AClaimIsReadBack) {
    const Claim claim{hashes_of({{RequestKind::id, "a"}, {RequestKind::key, "b"}}),
                      {{"A", "k3f9", 17}, {"B-2", "x", 1}}};
    EXPECT_EQ(parse_claim(to_text(claim)), claim);
    EXPECT_TRUE(claim.is_of({{RequestKind::key, "b"}}));
    EXPECT_FALSE(claim.is_of({{RequestKind::id, "b"}}));
    EXPECT_FALSE(claim.is_of({}));
    for (const char* wrong : {"", "A/k3f9/17", " A/k3f9", " A/k3f9/", " A//1", " A/k3f9/1x"})
        EXPECT_FALSE(parse_claim(wrong)) << wrong;
}

TEST_F(ClaimTest, AValueThatAnotherKeepsIsClaimedFirst) {
    const std::string text = kept_by("eu");
    const Outcome first = us.submit(write(WriteKind::create, "k", text, "r1"));
    const auto* unclaimed = std::get_if<Unclaimed>(&first);
    ASSERT_TRUE(unclaimed);
    EXPECT_EQ(unclaimed->home, "eu");
    const auto claimed = claim(eu, unclaimed->value, "r1", {"us", "run", 1});
    ASSERT_FALSE(claimed.open);
    EXPECT_FALSE(claimed.answer.taken_by);
    const Outcome made = us.submit(write(WriteKind::create, "k", text, "r1", {claimed.answer}));
    EXPECT_TRUE(std::holds_alternative<Accepted>(made));
    // Open until what was written has arrived at the home.
    EXPECT_TRUE(claim(eu, value(text), "r2", {"us", "run", 2}).open);
    eu.take(us.run_of("us.1", 1, 9)).value();
    EXPECT_EQ(claim(eu, value(text), "r2", {"us", "run", 2}).answer.taken_by, Key{"k"});
    EXPECT_FALSE(eu.ledger.has_claims());
}

TEST_F(ClaimTest, OneThatThisNodeKeepsIsDecidedHere) {
    const std::string text = kept_by("us");
    ASSERT_FALSE(claim(us, value(text), "r2", {"eu", "run", 1}).open);
    const Outcome other = us.submit(write(WriteKind::create, "k", text, "r1"));
    EXPECT_TRUE(std::holds_alternative<Unclaimed>(other)) << "eu is at it";
    const Outcome same = us.submit(write(WriteKind::create, "k", text, "r2"));
    EXPECT_TRUE(std::holds_alternative<Accepted>(same)) << "the same request, here";
}

TEST_F(ClaimTest, ARepeatElsewhereSharesTheClaimAndAllMustBeDone) {
    const std::string text = kept_by("us");
    const Claimant first{"eu", "run", 1};
    const Claimant second{"ap", "run", 1};
    EXPECT_FALSE(claim(us, value(text), "r1", first).open);
    EXPECT_FALSE(claim(us, value(text), "r1", second).open);
    EXPECT_TRUE(claim(us, value(text), "r2", {"eu", "run", 2}).open);
    EXPECT_TRUE(claim(us, value(text), "r2", {"eu", "run", 2}, {first}).open);
    EXPECT_FALSE(claim(us, value(text), "r2", {"eu", "run", 2}, {second}).open);
}

TEST_F(ClaimTest, WhoKnowsMoreOfTheRecordAsksAgain) {
    const std::string text = kept_by("eu");
    const ClaimAnswer free{value(text), {}, {{"us.1", 0}}, {}};
    ASSERT_TRUE(std::holds_alternative<Accepted>(
        us.submit(write(WriteKind::create, "k", text, "r1", {free}))));
    // eu had not heard of "k" when it said that nobody has the value.
    const Outcome again = us.submit(write(WriteKind::create, "l", text, "r2", {free}));
    const auto* unclaimed = std::get_if<Unclaimed>(&again);
    ASSERT_TRUE(unclaimed);
    EXPECT_TRUE(unclaimed->home_is_behind);
    const ClaimAnswer taken{value(text), Key{"k"}, {{"us.1", 1}}, {}};
    EXPECT_TRUE(is_refused(us.submit(write(WriteKind::create, "l", text, "r2", {taken})),
                           Refusal::not_unique));
    // Deleted here, and eu has not heard of that.
    Intent gone;
    gone.kind = WriteKind::remove;
    gone.key = Key{"k"};
    gone.received = Time{2'000'000};
    ASSERT_TRUE(std::holds_alternative<Accepted>(us.submit(gone)));
    EXPECT_TRUE(std::holds_alternative<Unclaimed>(
        us.submit(write(WriteKind::create, "l", text, "r3", {taken}))));
    const ClaimAnswer later{value(text), {}, {{"us.1", 2}}, {}};
    EXPECT_TRUE(std::holds_alternative<Accepted>(
        us.submit(write(WriteKind::create, "l", text, "r3", {later}))));
}

TEST_F(ClaimTest, InItsHomesSteadAValueIsCheckedHereAndSaidToBe) {
    const std::string text = kept_by("eu");
    const ClaimAnswer silent{value(text), {}, {}, "eu"};
    const Outcome made = us.submit(write(WriteKind::create, "k", text, "r1", {silent}));
    ASSERT_TRUE(std::holds_alternative<Accepted>(made));
    EXPECT_EQ(std::get<Accepted>(made).in_stead, "eu");
    EXPECT_TRUE(is_refused(us.submit(write(WriteKind::create, "l", text, "r2", {silent})),
                           Refusal::not_unique));
}

// As long as a node is added: which of the two keeps it nobody can say.
TEST_F(ClaimTest, AValueOfTwoHomesWaits) {
    us.batch_context.other_members = {{"ap", "eu", "us"}};
    int waits = 0;
    for (int i = 0; i < 20; ++i) {
        const std::string text = "two" + std::to_string(i);
        const bool moves = home_of_value(schema, value(text), {"ap", "eu", "us"}) == "ap";
        const Outcome made = us.submit(write(WriteKind::create, text, text, text));
        EXPECT_EQ(is_refused(made, Refusal::home_unreachable), moves) << text;
        waits += moves ? 1 : 0;
    }
    EXPECT_GT(waits, 0);
}

// Else it would win over another node's change of the value, and bring back what was given up.
TEST_F(ClaimTest, AValueThatTheRecordHasIsNotWrittenAgain) {
    const std::string text = kept_by("us");
    us.submit(write(WriteKind::create, "k", text, "r1"));
    const Stamp before = us.row(Key{"k"})->cells[name_field].stamp;
    const Outcome same = us.submit(write(WriteKind::update, "k", text, "r2"));
    ASSERT_TRUE(std::holds_alternative<Accepted>(same));
    EXPECT_EQ(us.row(Key{"k"})->cells[name_field].stamp, before);
}

}  // namespace
}  // namespace reef::test
