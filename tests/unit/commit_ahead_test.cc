// What the committer decides while the batch before is being saved.
#include "committer_fixture.hpp"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/lsan_interface.h>
#endif

namespace reef::test {
namespace {

class AheadTest : public CommitterTest {
protected:
    explicit AheadTest(Schema of = things(), Intent first = named("first", "n"))
        : CommitterTest(std::move(of)) {
        writer.ahead = true;
        writer.holds = true;
        options.trim_interval = std::chrono::hours{1};
        options.ahead_rows_min = 1;
        make();
        start();
        finish_commits();  // the first turn trims
        submit(std::move(first));
        finish_commits();
        writer.batch_sizes.clear();
        writer.begun = 0;
        durable = 0;
    }
    void start_again() {  // with other options
        committer->stop();
        settle();
        make();
        ended = false;
        start();
        settle();
        submit(named("trims again", "n"));
        finish_commits();
        writer.batch_sizes.clear();
    }
    // Until one is being saved, or nobody has anything to do.
    void settle() {
        io.restart();
        io.poll();
    }
    // Lets go of what is being saved, and of what follows it.
    void finish_commits() {
        for (int i = 0; i < 10; ++i) {
            settle();
            writer.held.cancel();
        }
        settle();
    }
    void let_go() {
        settle();
        writer.held.cancel();
        settle();
    }
    static Intent renamed(const std::string& key, const std::string& name, std::uint64_t version) {
        Intent intent = named(key, name);
        intent.kind = WriteKind::update;
        intent.precondition.version = version;
        return intent;
    }
    std::string name_of(const std::string& key) const {
        const auto found = row(key);
        return found ? std::get<std::string>(found->cells[1].value) : "";
    }
    Refused refusal(std::size_t i) const { return std::get<Refused>(answers[i]->value()); }
};

TEST_F(AheadTest, WhoComesWhileABatchIsSavedIsDecidedOnTopOfIt) {
    submit(named("a", "first"));
    settle();
    submit(renamed("a", "second", 1));
    submit(renamed("a", "too late", 1));
    settle();
    submit(renamed("a", "third", 2));
    submit(named("b", "n"));
    settle();
    EXPECT_EQ(writer.loads, 2);
    EXPECT_EQ(answered, 1) << "nobody hears of what is not durable";
    EXPECT_EQ(name_of("a"), "");
    let_go();
    EXPECT_EQ(answered, 2);
    EXPECT_EQ(name_of("a"), "first");
    let_go();
    stop_and_finish();
    EXPECT_EQ(writer.batch_sizes, (std::vector<std::size_t>{1, 3}));
    EXPECT_EQ(writer.begun, 1);
    EXPECT_EQ(writer.commits_ahead, 1);
    for (const std::size_t i : {1U, 2U, 4U, 5U})
        EXPECT_TRUE(accepted(i)) << i;
    EXPECT_EQ(refusal(3).refusal, Refusal::version_conflict);
    EXPECT_EQ(name_of("a"), "third");
    EXPECT_EQ(ledger().seq(), 5U) << "without holes";
    EXPECT_EQ(durable, 2);
}

TEST_F(AheadTest, ARequestOfTheBatchBeforeIsSeen) {
    Intent once = named("a", "n");
    once.request.ids = {{RequestKind::key, "r1"}};
    submit(once);
    settle();
    submit(once);
    settle();
    let_go();
    stop_and_finish();
    EXPECT_TRUE(std::holds_alternative<Replayed>(answers[2]->value()));
    EXPECT_EQ(writer.commits_ahead, 0) << "there was nothing to save";
    EXPECT_EQ(writer.begun, 2) << "but something to be compared with";
    EXPECT_EQ(writer.released, 1);
}

TEST_F(AheadTest, WhatTheBatchBeforeWroteIsUndecidedWhenItFails) {
    writer.commit_fails = Errc::unavailable;
    submit(named("a", "n"));
    settle();
    submit(renamed("a", "on top", 1));
    submit(named("b", "n"));
    settle();
    EXPECT_EQ(writer.loads, 1);
    writer.held.cancel();
    io.restart();
    while (answered < 2)
        io.run_one();
    writer.commit_fails.reset();
    finish_commits();
    stop_and_finish();
    EXPECT_EQ(error(1), Errc::unavailable);
    EXPECT_EQ(refusal(2).refusal, Refusal::not_found);
    EXPECT_TRUE(accepted(3));
    EXPECT_EQ(writer.commits_ahead, 0);
    EXPECT_EQ(ledger().seq(), 2U);
}

TEST_F(AheadTest, AnOvertakenBatchIsDecidedAgain) {
    for (const Errc why : {Errc::locked, Errc::rejected, Errc::unavailable}) {
        const std::string key = "key" + std::to_string(static_cast<int>(why));
        const std::size_t first = answers.size();
        writer.commit_ahead_fails = why;
        submit(named(key, "first"));
        settle();
        submit(renamed(key, "second", 1));
        settle();
        finish_commits();
        EXPECT_TRUE(accepted(first));
        EXPECT_TRUE(accepted(first + 1));
        EXPECT_EQ(name_of(key), "second");
    }
    EXPECT_EQ(writer.begun, 6);
    EXPECT_EQ(writer.commits_ahead, 3);
    stop_and_finish();
    EXPECT_EQ(ledger().seq(), 7U);
}

TEST_F(AheadTest, OfAnUnknownOutcomeNothingIsDecidedAgain) {
    writer.commit_ahead_fails = Errc::outcome_unknown;
    submit(named("a", "n"));
    settle();
    submit(named("b", "n"));
    settle();
    finish_commits();
    stop_and_finish();
    EXPECT_TRUE(accepted(1));
    EXPECT_EQ(error(2), Errc::outcome_unknown);
    EXPECT_EQ(writer.begun, 1);
}

TEST_F(AheadTest, WhoCannotBeDecidedAheadWaitsForHisTurn) {
    writer.load_ahead_fails = Errc::unavailable;
    submit(named("a", "n"));
    settle();
    submit(named("b", "n"));
    settle();
    submit(named("c", "n"));
    finish_commits();
    writer.load_ahead_fails.reset();
    writer.captured.emplace_back();  // another program's, which comes first in a batch
    submit(named("d", "n"));
    settle();
    submit(named("e", "n"));
    finish_commits();
    stop_and_finish();
    for (std::size_t i = 1; i < answers.size(); ++i)
        EXPECT_TRUE(accepted(i)) << i;
    EXPECT_EQ(writer.commits_ahead, 0);
    EXPECT_EQ(writer.loads, 2);
    EXPECT_EQ(writer.begun, 4);
    EXPECT_EQ(writer.batch_sizes, (std::vector<std::size_t>{1, 2, 1, 1}));
}

TEST_F(AheadTest, ABatchThatIsDecidedAheadIsBoundedToo) {
    options.batch_rows_max = 2;
    start_again();
    submit(named("a", "n"));
    settle();
    for (int i = 0; i < 5; ++i)
        submit(named("k" + std::to_string(i), "n"));
    finish_commits();
    stop_and_finish();
    EXPECT_EQ(writer.batch_sizes, (std::vector<std::size_t>{1, 2, 2, 1}));
    EXPECT_EQ(writer.commits_ahead, 3);
}

TEST_F(AheadTest, ForFewItIsNotWorthIt) {
    options.ahead_rows_min = 3;
    start_again();
    submit(named("a", "n"));
    settle();
    for (const char* key : {"b", "c", "d", "e"}) {
        submit(named(key, "n"));
        settle();
    }
    EXPECT_EQ(writer.loads, 1);
    finish_commits();
    stop_and_finish();
    EXPECT_EQ(writer.batch_sizes, (std::vector<std::size_t>{1, 3, 1}));
    EXPECT_EQ(writer.commits_ahead, 1);
}

TEST_F(AheadTest, StopCommitsWhatWasDecidedAhead) {
    submit(named("a", "n"));
    settle();
    submit(named("b", "n"));
    settle();
    committer->stop();
    submit(named("c", "n"));
    finish_commits();
    stop_and_finish();
    EXPECT_TRUE(accepted(1));
    EXPECT_TRUE(accepted(2));
    EXPECT_EQ(error(3), Errc::closed);
}

TEST_F(AheadTest, BrokenEndsItAndAnswersNobody) {
#if defined(__SANITIZE_ADDRESS__)
    const __lsan::ScopedDisabler deliberate;
#endif
    submit(named("a", "n"));
    settle();
    submit(named("b", "n"));
    settle();
    writer.commit_fails = Errc::broken;
    finish_commits();
    EXPECT_TRUE(ended);
    EXPECT_FALSE(ended_with);
    EXPECT_EQ(answered, 1) << "the one before the test";
}

// Records with numbers of their own: a request that made one in two regions leaves one.
Schema numbered() {
    Schema schema = things();
    Resource& resource = schema.resources[0];
    resource.fields[0].type = FieldType::int64;
    resource.fields[0].key = KeyKind::slots;
    return schema;
}

class AheadNumbersTest : public AheadTest {
protected:
    AheadNumbersTest() : AheadTest(numbered(), without_key()) {}

    static Intent without_key() {
        Intent create;
        create.kind = WriteKind::create;
        create.fields = {{1, std::string{"n"}}};
        create.received = Time{10};
        return create;
    }
};

// A former life of this store made the second one: it is what the change itself brings.
TEST_F(AheadNumbersTest, WhatIsNowhereIsAskedForOnce) {
    Island eu{schema, "eu.1"}, former{schema, "us.0"};
    eu.batch_context.node_index = 1;
    former.ledger.next_id[0] = 17;
    Intent create = without_key();
    create.request.ids = {{RequestKind::attempt, "try-1"}};
    create.request.attempt = "try-1";
    eu.submit(create);
    create.received = Time{20};
    former.submit(create);
    Result<commit::Applied> first{Error{}}, second{Error{}};
    asio::co_spawn(io, apply_into(committer.get(), eu.run_of("eu.1", 1, 1), &first),
                   asio::detached);
    settle();
    asio::co_spawn(io, apply_into(committer.get(), former.run_of("us.0", 1, 1), &second),
                   asio::detached);
    settle();
    EXPECT_EQ(writer.loads, 2) << "once more for what was lacking, and no further";
    finish_commits();
    stop_and_finish();
    EXPECT_TRUE(first);
    EXPECT_TRUE(second);
    EXPECT_EQ(writer.commits_ahead, 1);
    EXPECT_EQ(ledger().received().at("us.0"), 1U);
}

}  // namespace
}  // namespace reef::test
