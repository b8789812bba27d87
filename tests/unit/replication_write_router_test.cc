// A write that is ahead of this store, whose change does not come: the peers have the record. And
// how long a home is waited for.
#include "replication/write_router.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <functional>

#include "islands.hpp"
#include "memory_store.hpp"
#include "peers/forward_json.hpp"
#include "peers/snapshot.hpp"
#include "peers/snapshot_json.hpp"
#include "run.hpp"
#include "stopped_clock.hpp"

namespace reef::test {
namespace {

using namespace model;

struct Asked {
    std::vector<std::string> questions;
    std::vector<std::chrono::milliseconds> deadlines;
    std::string answer;  // empty: the peer sleeps
    int status = 200;
    std::function<Task<void>()> meanwhile;  // happens while it is waited for
};

class Calls final : public peers::PeerCalls {
public:
    explicit Calls(Asked& asked) : asked_(asked) {}
    Task<Answer> post(std::string path, std::string body, peers::Patience patience) override {
        asked_.questions.push_back(path + ' ' + body);
        asked_.deadlines.push_back(patience.timeout);
        if (asked_.meanwhile) static_cast<void>(co_await std::exchange(asked_.meanwhile, {})());
        if (!asked_.answer.empty()) co_return Answer{asked_.status, asked_.answer};
        co_return Error{Errc::outcome_unknown, "it sleeps"};
    }
    Task<Answer> get(std::string, peers::Patience) override {
        co_return Error{Errc::unavailable, "nothing is got here"};
    }
    asio::awaitable<void> keep_warm() override { co_return; }

private:
    Asked& asked_;
};

// Each is written where its note says.
Schema things_with_a_home() {
    Schema schema = things();
    schema.resources[0].write = WritePolicy::home;
    schema.resources[0].home = FieldId{2};
    return schema;
}

class WriteRouterTest : public testing::Test {
protected:
    explicit WriteRouterTest(Schema of = things()) : schema(std::move(of)) {}

    const Schema schema;
    asio::io_context io;
    const std::unique_ptr<store::Store> store =
        store::open_memory(schema, {.file = "", .node = "us", .incarnation = "1"});
    const std::unique_ptr<store::Writer> writer = store->open_writer(io.get_executor());
    const std::unique_ptr<store::Reader> reader = store->open_reader(io.get_executor());
    commit::Progress progress{value_of_task(reader->ledger()), system_clock()};
    StoppedClock stopped;
    peers::Peers peers{{"eu"}, stopped, {.self = "us", .order = {"us", "eu"}, .links = {}}};
    commit::Committer committer{{schema, *writer, system_clock(), io.get_executor(),
                                 [this] {
                                     commit::BatchContext made;
                                     made.schema = schema.id();
                                     made.has_peers = true;
                                     made.decider = [this](auto home, const auto& passed) {
                                         return peers.decider(home, passed);
                                     };
                                     return made;
                                 },
                                 [this](const store::Ledger& ledger) { progress.advance(ledger); }},
                                {}};
    Island eu{schema, "eu.1"};
    Asked asked;

    // eu has written "k" and "other" twice; of each this store has the first write.
    void SetUp() override {
        asio::co_spawn(io, committer.run(), asio::detached);
        for (const WriteKind kind : {WriteKind::create, WriteKind::update}) {
            for (const char* key : {"k", "other"}) {
                Intent intent;
                intent.kind = kind;
                intent.key = Key{std::string{key}};
                intent.fields = {{1, std::string{name_of(kind)}}, {2, std::string{"eu"}}};
                intent.received = Time{1'000'000};
                eu.submit(intent);
            }
        }
        ASSERT_TRUE(run_on(io, committer.apply(eu.run_of("eu.1", 1, 2))));
        peers.on_heartbeat("eu", {"eu", stopped.now(), eu.ledger.received(), eu.ledger.received()},
                           progress.ledger()->applied());
    }
    ~WriteRouterTest() override {
        committer.stop();
        io.restart();
        io.run();
    }

    void has(const std::string& key) {
        asked.answer =
            peers::rows_json(schema[0], "eu.1", {eu.rows.at(RecordRef{schema[0].id, Key{key}})});
    }

    // Whoever saw eu's second write changes "k".
    Outcome write(std::chrono::milliseconds behind) {
        replication::WriteTimeouts times;
        times.behind = behind;
        return write(2, times, system_clock());
    }

    Outcome write(std::uint64_t version, replication::WriteTimeouts times, Clock& clock,
                  std::vector<RequestId> ids = {}) {
        peers::PeerCallsByName calls;
        calls.emplace("eu", std::make_unique<Calls>(asked));
        replication::ValueClaims claims{
            {schema, committer, progress, peers, clock, io.get_executor(), "us", "r1", {}}, calls};
        replication::WriteRouter writes{
            {schema, committer, progress, peers, clock, io.get_executor(), 0, claims},
            calls,
            times};
        Intent intent;
        intent.key = Key{std::string{"k"}};
        intent.fields = {{1, std::string{"third"}}};
        intent.precondition.version = version;
        intent.received = Time{2'000'000};
        intent.request.ids = std::move(ids);
        auto outcome = run_on(io, writes.submit(std::move(intent)));
        if (!outcome) throw std::runtime_error(outcome.error().what);
        return std::move(*outcome);
    }
};

TEST_F(WriteRouterTest, TakesTheRecordFromAPeer) {
    has("k");
    const Outcome outcome = write(std::chrono::seconds{50});
    const auto* accepted = std::get_if<Accepted>(&outcome);
    ASSERT_TRUE(accepted);
    EXPECT_EQ(version_of(accepted->row), 3U);
    EXPECT_EQ(asked.questions,
              std::vector<std::string>{R"(/_atoll/record {"resource":"things","key":"k"})"});
    EXPECT_EQ(seq_in(progress.ledger()->received(), "eu.1"), 2U) << "the change is still to come";
}

TEST_F(WriteRouterTest, TakesNoOtherRecord) {
    has("other");
    replication::WriteTimeouts at_once;
    at_once.ask_after = {};
    at_once.behind = std::chrono::milliseconds{50};
    asked.meanwhile = [this, &at_once]() -> Task<void> {
        stopped.pass(at_once.behind);
        co_return Result<void>{};
    };
    const Outcome outcome = write(2, at_once, stopped);
    const auto* refused = std::get_if<Refused>(&outcome);
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->refusal, Refusal::replica_behind);
    EXPECT_EQ(asked.questions.size(), 1U);
}

TEST_F(WriteRouterTest, AsksNobodyWhoIsNotThere) {
    has("k");
    peers.on_disconnect("eu", "gone");
    const Outcome outcome = write(std::chrono::milliseconds{50});
    EXPECT_TRUE(std::holds_alternative<Refused>(outcome));
    EXPECT_TRUE(asked.questions.empty());
}

class WriteRouterHomeTest : public WriteRouterTest {
protected:
    WriteRouterHomeTest() : WriteRouterTest(things_with_a_home()) {}

    // Happens while the home is asked.
    void meanwhile(std::chrono::milliseconds passes, std::function<void()> what = {}) {
        asked.meanwhile = [this, passes, what]() -> Task<void> {
            stopped.pass(passes);
            if (what) what();
            co_return Result<void>{};
        };
    }

    const replication::WriteTimeouts times;
};

TEST_F(WriteRouterHomeTest, DecidesInPlaceOfAHomeThatIsSilent) {
    meanwhile(std::chrono::milliseconds{500});
    const Outcome outcome = write(1, times, stopped);
    const auto* accepted = std::get_if<Accepted>(&outcome);
    ASSERT_TRUE(accepted);
    EXPECT_EQ(version_of(accepted->row), 2U);
    EXPECT_EQ(accepted->in_stead, "eu");
    EXPECT_EQ(asked.deadlines, std::vector{times.carried});
    EXPECT_EQ(peers.beat_for("eu").in_stead, accepted->stamp.dot) << "the home hears of it";
}

// Its database is away, or has a record that cannot be read.
TEST_F(WriteRouterHomeTest, DecidesInPlaceOfAHomeThatCannot) {
    asked.status = 500;
    asked.answer = "{}";
    const Outcome outcome = write(1, times, stopped);
    const auto* accepted = std::get_if<Accepted>(&outcome);
    ASSERT_TRUE(accepted);
    EXPECT_EQ(accepted->in_stead, "eu");
    EXPECT_EQ(asked.questions.size(), 1U);
}

TEST_F(WriteRouterHomeTest, NeverDecidesInPlaceOfAHomeThatIsOnlySlow) {
    meanwhile(times.carried, [this] {
        peers.on_heartbeat("eu", {"eu", stopped.now(), {}, {}}, progress.ledger()->applied());
    });
    const Outcome outcome = write(1, times, stopped);
    const auto* refused = std::get_if<Refused>(&outcome);
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->refusal, Refusal::home_unreachable);
    EXPECT_NE(refused->detail.find("may have taken effect"), std::string::npos);
}

// The home compares: this store has only the first write, and the request has seen the second.
TEST_F(WriteRouterHomeTest, CarriesWhatIsAheadOfThisStoreAtOnce) {
    peers.on_beat("eu", {.number = 1});
    peers.on_answer("eu", stopped.steady());
    asked.meanwhile = [this]() -> Task<void> {
        const std::string& question = asked.questions.back();
        auto carried = peers::parse_intent(schema, question.substr(question.find(' ') + 1));
        if (!carried) co_return carried.error();
        carried->decide_locally = true;  // as its home
        asked.answer = peers::outcome_json(schema, eu.submit(*carried));
        co_return Result<void>{};
    };
    const Outcome outcome = write(2, times, stopped);
    const auto* accepted = std::get_if<Accepted>(&outcome);
    ASSERT_TRUE(accepted);
    EXPECT_EQ(version_of(accepted->row), 3U);
    EXPECT_EQ(accepted->in_stead, "");
    ASSERT_EQ(asked.questions.size(), 1U);
    EXPECT_TRUE(asked.questions[0].starts_with("/_atoll/forward"));
}

// Also where the client gave the request a name, and no gateway said which try it is.
TEST_F(WriteRouterHomeTest, FindsItsOwnSuccessWhenOnlyTheHomesAnswerIsLost) {
    ASSERT_TRUE(run_on(io, committer.apply(eu.run_of("eu.1", 3, 2))));
    asked.meanwhile = [this]() -> Task<void> {
        const std::string& question = asked.questions.back();
        auto carried = peers::parse_intent(schema, question.substr(question.find(' ') + 1));
        if (!carried) co_return carried.error();
        carried->decide_locally = true;  // as its home
        eu.submit(*carried);
        stopped.pass(std::chrono::milliseconds{500});
        auto applied = co_await committer.apply(eu.run_of("eu.1", 5, 1));
        if (!applied) co_return applied.error();
        co_return Result<void>{};
    };
    const Outcome outcome = write(2, times, stopped, {{RequestKind::id, "x1"}});
    const auto* replayed = std::get_if<Replayed>(&outcome);
    ASSERT_TRUE(replayed);
    EXPECT_EQ(replayed->seen.stamp.dot, (Dot{"eu.1", 5}));
}

}  // namespace
}  // namespace reef::test
