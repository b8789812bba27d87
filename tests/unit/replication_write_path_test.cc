// A write that is ahead of this store, whose change does not come: the peers have the record.
#include "replication/write_path.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "islands.hpp"
#include "replication/snapshot.hpp"
#include "replication/snapshot_json.hpp"
#include "run.hpp"

namespace reef::test {
namespace {

using namespace model;

// So that a peer that was heard stays reachable however slow this machine is.
class StoppedClock final : public Clock {
public:
    Time now() const override { return Time{1'000'000}; }
    std::chrono::nanoseconds steady() const override { return std::chrono::seconds{1}; }
    std::shared_ptr<asio::steady_timer> timer(asio::any_io_executor executor,
                                              std::chrono::nanoseconds duration) override {
        return system_clock().timer(std::move(executor), duration);
    }
};

struct Asked {
    std::vector<std::string> questions;
    std::string answer;
};

class Calls final : public transport::PeerCalls {
public:
    explicit Calls(Asked& asked) : asked_(asked) {}
    Task<Answer> post(std::string path, std::string body, std::chrono::milliseconds) override {
        asked_.questions.push_back(path + ' ' + body);
        co_return Answer{200, asked_.answer};
    }
    Task<Answer> get(std::string, std::chrono::milliseconds) override {
        co_return Error{Errc::unavailable, "nothing is got here"};
    }

private:
    Asked& asked_;
};

class WritePathTest : public testing::Test {
protected:
    const Schema schema = things();
    asio::io_context io;
    const std::unique_ptr<store::Store> store =
        store::open_memory(schema, {.file = "", .node = "us", .incarnation = "1"});
    const std::unique_ptr<store::Writer> writer = store->open_writer(io.get_executor());
    const std::unique_ptr<store::Reader> reader = store->open_reader(io.get_executor());
    commit::Progress progress{value_of_task(reader->ledger()), system_clock()};
    StoppedClock stopped;
    replication::Peers peers{{"eu"}, stopped};
    commit::Committer committer{{schema, *writer, system_clock(), io.get_executor(),
                                 [this] {
                                     commit::Surroundings made;
                                     made.schema = schema.id();
                                     made.has_peers = true;
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
                intent.fields = {{1, std::string{name_of(kind)}}};
                intent.received = Time{1'000'000};
                eu.submit(intent);
            }
        }
        ASSERT_TRUE(run_on(io, committer.apply(eu.run_of("eu.1", 1, 2))));
        peers.heard("eu", {"eu", stopped.now(), eu.ledger.received(), eu.ledger.received()},
                    progress.ledger()->applied());
    }
    ~WritePathTest() override {
        committer.stop();
        io.restart();
        io.run();
    }

    void has(const std::string& key) {
        asked.answer = replication::rows_json(schema[0], "eu.1",
                                              {eu.rows.at(RecordRef{schema[0].id, Key{key}})});
    }

    // Whoever saw eu's second write changes "k".
    Outcome write(std::chrono::milliseconds behind) {
        replication::PeerCallsByName calls;
        calls.emplace("eu", std::make_unique<Calls>(asked));
        replication::WriteTimes times;
        times.behind = behind;
        replication::WritePath writes{
            {schema, committer, progress, peers, system_clock(), io.get_executor()},
            std::move(calls),
            times};
        Intent intent;
        intent.key = Key{std::string{"k"}};
        intent.fields = {{1, std::string{"third"}}};
        intent.precondition.version = 2;
        intent.received = Time{2'000'000};
        auto outcome = run_on(io, writes.submit(std::move(intent)));
        if (!outcome) throw std::runtime_error(outcome.error().what);
        return std::move(*outcome);
    }
};

TEST_F(WritePathTest, TakesTheRecordFromAPeer) {
    has("k");
    const Outcome outcome = write(std::chrono::seconds{50});
    const auto* accepted = std::get_if<Accepted>(&outcome);
    ASSERT_TRUE(accepted);
    EXPECT_EQ(version_of(accepted->row), 3U);
    EXPECT_EQ(asked.questions,
              std::vector<std::string>{R"(/_atoll/record {"resource":"things","key":"k"})"});
    EXPECT_EQ(seq_in(progress.ledger()->received(), "eu.1"), 2U) << "the change is still to come";
}

TEST_F(WritePathTest, TakesNoOtherRecord) {
    has("other");
    const Outcome outcome = write(std::chrono::milliseconds{50});
    const auto* refused = std::get_if<Refused>(&outcome);
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->refusal, Refusal::replica_behind);
    EXPECT_EQ(asked.questions.size(), 1U);
}

TEST_F(WritePathTest, AsksNobodyWhoIsNotThere) {
    has("k");
    peers.lost("eu", "gone");
    const Outcome outcome = write(std::chrono::milliseconds{50});
    EXPECT_TRUE(std::holds_alternative<Refused>(outcome));
    EXPECT_TRUE(asked.questions.empty());
}

}  // namespace
}  // namespace reef::test
