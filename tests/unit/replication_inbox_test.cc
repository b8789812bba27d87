// The inbox over a real committer and a store in memory: whatever order changes come in, however
// often, with whatever missing, each origin's are applied once and in order.
#include "replication/inbox.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <random>

#include "faulty_writer.hpp"
#include "islands.hpp"
#include "memory_store.hpp"
#include "model/abridged.hpp"
#include "peers/lag_json.hpp"
#include "run.hpp"

namespace reef::test {
namespace {

using namespace model;
using replication::Inbox;

// The logs of the peers, by origin.
class Logs final : public replication::GapSource {
public:
    Task<std::vector<std::string>> changes_after(Dot after, std::uint32_t count) override {
        ++asked;
        const auto log = islands.find(after.origin);
        if (away || log == islands.end()) co_return Error{Errc::unavailable, "nobody"};
        std::vector<std::string> found;
        const auto& entries = log->second->log[after.origin];
        for (std::size_t i = after.seq; i < entries.size() && found.size() < count; ++i)
            found.push_back(entries[i].json);
        co_return found;
    }
    std::map<OriginId, Island*> islands;
    bool away = false;
    int asked = 0;
};

class InboxTest : public testing::Test {
protected:
    const Schema schema = things();
    asio::io_context io;
    const std::unique_ptr<store::Store> store =
        store::open_memory(schema, {.file = "", .node = "us", .incarnation = "1"});
    FaultyWriter writer{store->open_writer(io.get_executor()), io.get_executor()};
    const std::unique_ptr<store::Reader> reader = store->open_reader(io.get_executor());
    commit::Progress progress{value_of_task(reader->ledger()), system_clock()};
    peers::Peers peers{{"eu", "ap"}, system_clock()};
    const commit::CommitOptions commit_options = [] {
        commit::CommitOptions kept;  // the changes of this test are of 1970
        kept.log_kept = kept.request_ids_kept = std::chrono::hours{100 * 366 * 24};
        return kept;
    }();
    commit::Committer committer{{schema, writer, system_clock(), io.get_executor(),
                                 [this] {
                                     commit::BatchContext made;
                                     made.schema = schema.id();
                                     return made;
                                 },
                                 [this](const store::Ledger& ledger) { progress.advance(ledger); }},
                                commit_options};
    Logs logs;
    Island eu{schema, "eu.1"};
    Island ap{schema, "ap.1"};
    std::chrono::milliseconds tail_open{1};
    std::vector<commit::Parked> parked;
    std::string suspicion;
    replication::LifeWatch life_watch{
        {progress, *reader, *reader, peers, [this](std::string why) { suspicion = why; }}};
    std::unique_ptr<Inbox> inbox;
    std::unique_ptr<TaskGroup> tasks;

    InboxTest() { logs.islands = {{"eu.1", &eu}, {"ap.1", &ap}}; }

    void start(replication::InboxOptions options = {}) {
        options.gap_look = options.gap_open = std::chrono::milliseconds{1};
        options.tail_open = tail_open;
        inbox =
            std::make_unique<Inbox>(replication::InboxParts{schema, committer, progress, *reader,
                                                            peers, life_watch, system_clock()},
                                    options);
        tasks = std::make_unique<TaskGroup>(io.get_executor());
        asio::co_spawn(io, committer.run(), asio::detached);
        const auto listen = [this](const std::vector<commit::Parked>& more) {
            parked.insert(parked.end(), more.begin(), more.end());
        };
        tasks->start("inbox", inbox->run(listen));
        tasks->start("gaps", inbox->fill_gaps(logs));
    }
    ~InboxTest() override {
        if (!tasks) return;
        tasks->cancel();
        committer.stop();
        io.restart();
        io.run();
    }

    template <class T>
    Result<T> done(Task<T> task) {
        std::optional<Result<T>> result;
        asio::co_spawn(io, std::move(task), [&](std::exception_ptr failed, Result<T> value) {
            if (failed) std::rethrow_exception(failed);
            result.emplace(std::move(value));
        });
        run_until([&] { return result.has_value(); });
        return std::move(*result);
    }
    void run_until(const std::function<bool()>& holds) {
        const auto until = std::chrono::steady_clock::now() + std::chrono::seconds{60};
        while (!holds()) {
            ASSERT_LT(std::chrono::steady_clock::now(), until) << "it does not come true";
            io.restart();
            io.run_one_for(std::chrono::milliseconds{10});
        }
    }
    Result<Inbox::Taken> take(std::vector<std::string> changes) {
        return done(inbox->take({"eu", inbox->epoch(), std::move(changes)}));
    }

    static void write(Island& at, const std::string& key, const std::string& name) {
        Intent intent;
        intent.kind = at.row(Key{key}) ? WriteKind::update : WriteKind::create;
        intent.key = Key{key};
        intent.fields = {{1, name}};
        intent.received = Time{1'000'000 + static_cast<std::int64_t>(at.ledger.seq())};
        at.submit(intent);
    }
    static std::string change(Island& at, std::uint64_t seq) {
        return at.log.at(at.ledger.self)[seq - 1].json;
    }
    std::uint64_t received(const std::string& origin) const {
        return seq_in(progress.ledger()->received(), origin);
    }
    // The rows of what both wrote, joined in order, as the store should have them.
    void expect_rows_of_both() {
        Island both{schema, "us.1"};
        for (Island* island : {&eu, &ap}) {
            const auto& self = island->ledger.self;
            both.take(island->run_of(self, 1, 100'000)).value();
        }
        std::string rows;
        for (const auto& stored : value_of_task(reader->scan(0, {}, {100'000, 1 << 30}))) {
            append_row_json(rows, schema[0], stored.row);
            rows += '\n';
        }
        EXPECT_EQ(rows, both.text());
        for (Island* island : {&eu, &ap}) {
            const auto& self = island->ledger.self;
            EXPECT_EQ(progress.ledger()->origins.at(self), island->ledger.origins.at(self));
        }
    }
};

TEST_F(InboxTest, AnyOrderAnyDuplicateAnyLossEndsInOneState) {
    std::mt19937_64 random{seed_of_this_run(std::random_device{}())};
    const auto one_of = [&random](std::uint64_t n) { return random() % n; };
    for (int i = 0; i < 400; ++i) {
        Island& at = one_of(3) ? eu : ap;
        write(at, "k" + std::to_string(one_of(40)), "n" + std::to_string(i));
    }
    std::vector<std::string> changes;
    for (Island* island : {&eu, &ap}) {
        for (const auto& entry : island->log[island->ledger.self]) {
            if (one_of(10) == 0) continue;  // lost
            for (std::uint64_t copies = one_of(4) ? 1 : 3; copies > 0; --copies)
                changes.push_back(entry.json);
        }
    }
    std::shuffle(changes.begin(), changes.end(), random);
    replication::InboxOptions options;
    options.window_changes_max = 16 + one_of(100);
    options.run_changes_max = 1 + one_of(50);
    options.fill_changes_max = static_cast<std::uint32_t>(1 + one_of(30));
    start(options);
    for (std::size_t i = 0; i < changes.size();) {
        const std::size_t end = std::min(changes.size(), i + 1 + one_of(30));
        ASSERT_TRUE(
            take({changes.begin() + std::ptrdiff_t(i), changes.begin() + std::ptrdiff_t(end)}));
        i = end;
    }
    // Heartbeats tell of what is lost at the end.
    run_until([&] {
        peers.on_heartbeat("eu", {"eu", system_clock().now(), eu.ledger.received(), {}}, {});
        peers.on_heartbeat("ap", {"ap", system_clock().now(), ap.ledger.received(), {}}, {});
        return received("eu.1") == eu.ledger.seq() && received("ap.1") == ap.ledger.seq();
    });
    expect_rows_of_both();
    EXPECT_GT(inbox->counts().duplicates, 0U);
    EXPECT_GT(inbox->counts().filled, 0U);
    EXPECT_EQ(inbox->counts().forks, 0U);
    EXPECT_TRUE(parked.empty());
}

TEST_F(InboxTest, InOrderNobodyIsAsked) {
    for (int i = 0; i < 3000; ++i)
        write(eu, "k" + std::to_string(i % 100), "n");
    start();
    std::vector<std::string> all;
    for (const auto& entry : eu.log["eu.1"])
        all.push_back(entry.json);
    const auto taken = take(std::move(all));
    EXPECT_EQ(taken.value().covers, (Position{{"eu.1", 3000}}));
    EXPECT_EQ(taken.value().dropped, 0U);
    run_until([&] { return received("eu.1") == 3000; });
    EXPECT_EQ(logs.asked, 0);
    EXPECT_LE(writer.batch_sizes.size(), 40U) << "in batches";
    EXPECT_EQ(inbox->counts().early, 0U);
}

TEST_F(InboxTest, WhatIsWaitedForIsFetchedSoonAndTheRestLater) {
    tail_open = std::chrono::hours{1};
    start();
    write(eu, "a", "only a heartbeat tells of it");
    const Position all{{"eu.1", 1}};
    const peers::Heartbeat heartbeat{"eu", system_clock().now(), all, all};
    const auto hear = [&] { peers.on_heartbeat("eu", heartbeat, progress.ledger()->applied()); };
    hear();
    ASSERT_TRUE(done(system_clock().sleep(std::chrono::milliseconds{100})));
    EXPECT_EQ(logs.asked, 0);
    hear();
    EXPECT_TRUE(done(progress.wait_for({{"eu.1", 1}}, std::chrono::seconds{60})));
    EXPECT_EQ(received("eu.1"), 1U);
}

TEST_F(InboxTest, EarlyArrivalsAreBounded) {
    for (int i = 0; i < 100; ++i)
        write(eu, "k", "n");
    logs.away = true;
    replication::InboxOptions options;
    options.window_changes_max = 10;
    start(options);
    std::vector<std::string> all;
    for (std::uint64_t seq = 2; seq <= 100; ++seq)
        all.push_back(change(eu, seq));
    EXPECT_EQ(take(std::move(all)).value().dropped, 89U);
    EXPECT_EQ(received("eu.1"), 0U);
    logs.away = false;
    run_until([&] { return received("eu.1") >= 11; });
}

TEST_F(InboxTest, AnotherContentUnderAKnownNameIsReportedAndNeverApplied) {
    Island forged{schema, "eu.1"};
    for (int i = 0; i < 5; ++i) {
        write(eu, "k", "true");
        write(forged, "k", "forged");
    }
    logs.away = true;
    start();
    take({change(eu, 1), change(eu, 3)}).value();
    run_until([&] { return received("eu.1") == 1; });
    take({change(forged, 1), change(forged, 3), change(forged, 1)}).value();
    EXPECT_EQ(inbox->counts().forks, 2U) << "each once: one applied already, one waiting";
    EXPECT_TRUE(peers.has_trouble(peers::fork));
    EXPECT_NE(lag_json(peers).find(R"("trouble":["fork"])"), std::string::npos);
    take({change(eu, 2)}).value();
    run_until([&] { return received("eu.1") == 3; });
    const auto row = value_of_task(reader->get({0, Key{"k"}}));
    EXPECT_EQ(row->cells[1].value, Value{std::string{"true"}});
}

TEST_F(InboxTest, OwnFutureAndStrangersAreNeverApplied) {
    Island own{schema, "us.1"};
    Island stranger{schema, "xx.1"};
    write(own, "k", "n");
    write(stranger, "k", "n");
    start();
    take({change(own, 1), change(stranger, 1)}).value();
    EXPECT_NE(suspicion.find("us.1:1"), std::string::npos) << suspicion;
    EXPECT_EQ(inbox->counts().unknown_origins, 1U);
    EXPECT_FALSE(take({"{\"no\":\"stamp\"}"}));
    EXPECT_TRUE(progress.ledger()->origins.size() == 1);
}

TEST_F(InboxTest, ForgedLivesOfAMemberFillNothing) {
    replication::InboxOptions options;
    options.unproven_lives_max = 4;
    start(options);
    std::vector<std::string> forged;
    for (int life = 0; life < 70; ++life) {
        Island another{schema, "eu.f" + std::to_string(100 + life)};
        write(another, "k" + std::to_string(life), "n");
        forged.push_back(change(another, 1));
    }
    EXPECT_EQ(done(inbox->take({"topic", inbox->epoch(), forged, true})).value().covers.size(), 4U);
    run_until([&] { return progress.ledger()->origins.size() == 5; });
    EXPECT_EQ(inbox->counts().refused_lives, 66U);
    EXPECT_TRUE(peers.has_trouble(peers::too_many_lives));
    EXPECT_EQ(done(inbox->take({"topic", inbox->epoch(), forged, true})).value().covers.size(), 4U);
    write(ap, "a", "n");
    done(inbox->take({"topic", inbox->epoch(), {change(ap, 1)}, true})).value();
    run_until([&] { return received("ap.1") == 1; });
    EXPECT_EQ(take(forged).value().covers.size(), 70U) << "a peer shows who it is";
}

TEST_F(InboxTest, WhatForgedLivesMakeItHoldIsBounded) {
    replication::InboxOptions options;
    options.unknown_bytes_max = 1000;
    logs.away = true;
    start(options);
    Island another{schema, "eu.f"};
    for (int i = 0; i < 20; ++i)
        write(another, "k", "n");
    std::vector<std::string> early;
    for (std::uint64_t seq = 2; seq <= 20; ++seq)
        early.push_back(change(another, seq));
    EXPECT_GT(done(inbox->take({"topic", inbox->epoch(), early, true})).value().dropped, 10U);
    write(ap, "a", "n");
    take({change(ap, 1)}).value();
    run_until([&] { return received("ap.1") == 1; });
}

// A region that was taken out of the app: what it wrote is in rows, and peers bring the rest.
TEST_F(InboxTest, OfAFormerMemberPeersBringWhatTheyHave) {
    Island former{schema, "xx.1"};
    write(former, "k", "n");
    write(former, "k", "m");
    start();
    const Position all{{"xx.1", 1}};
    peers.on_heartbeat("eu", {"eu", system_clock().now(), all, all}, {});
    done(inbox->take({"topic", inbox->epoch(), {change(former, 1)}, true})).value();
    EXPECT_EQ(inbox->counts().unknown_origins, 1U) << "a broker's word is not enough";
    take({change(former, 1), change(former, 2)}).value();
    run_until([&] { return received("xx.1") == 1; });
    EXPECT_EQ(inbox->counts().unknown_origins, 2U) << "nobody has its second one";
    EXPECT_TRUE(parked.empty());
    eu.take(former.run_of("xx.1", 1, 1)).value();
    write(eu, "k", "after");
    take({change(eu, 1)}).value();
    run_until([&] { return received("eu.1") == 1; });
    EXPECT_EQ(progress.ledger()->origins.at("eu.1").applied, 1U);
}

TEST_F(InboxTest, AForkIsTroubleOfTheNodeUnderWhoseNameItIs) {
    Island forged{schema, "ap.1"};
    write(ap, "k", "true");
    write(forged, "k", "forged");
    start();
    take({change(ap, 1)}).value();
    run_until([&] { return received("ap.1") == 1; });
    done(inbox->take({"updates.0", inbox->epoch(), {change(forged, 1)}, true})).value();
    for (const peers::PeerReport& peer : peers.report())
        EXPECT_EQ(peer.troubles.size(), peer.name == "ap" ? 1U : 0U) << peer.name;
    EXPECT_EQ(inbox->counts().own_forks, 0U);
    Island own{schema, "us.1"};
    write(own, "k", "n");
    done(inbox->take({"updates.0", inbox->epoch(), {change(own, 1)}, true})).value();
    EXPECT_EQ(inbox->counts().own_forks, 1U);
}

TEST_F(InboxTest, WhatCannotBeReadIsParkedAndTheRestFlows) {
    for (int i = 0; i < 4; ++i)
        write(eu, "k" + std::to_string(i), "n");
    std::string unreadable = change(eu, 2);
    unreadable.replace(unreadable.find("\"resource\":\"things\""), 19, "\"resource\":\"unheard\"");
    std::string no_json = change(eu, 3);
    no_json.pop_back();
    start();
    take({change(eu, 1), unreadable, no_json, change(eu, 4)}).value();
    run_until([&] { return received("eu.1") == 4; });
    EXPECT_EQ(progress.ledger()->origins.at("eu.1").applied, 1U);
    run_until([&] { return parked.size() == 2; });
    EXPECT_FALSE(parked[0].may_pass);
    EXPECT_EQ(value_of_task(reader->dead_letters(0, {}))[0].body, unreadable);
    EXPECT_TRUE(value_of_task(reader->get({0, Key{"k3"}})));
}

TEST_F(InboxTest, OfATooLongChangeItsNameIsParkedAndTheRestFlows) {
    for (int i = 0; i < 4; ++i)
        write(eu, "k" + std::to_string(i), "n");
    start();
    take({change(eu, 1), abridged(change(eu, 2)), change(eu, 3)}).value();
    run_until([&] { return received("eu.1") == 3 && parked.size() == 1; });
    EXPECT_FALSE(parked[0].may_pass);
    const auto letter = value_of_task(reader->dead_letters(0, {})).at(0);
    EXPECT_EQ(letter.reason,
              "too_large: the change has " + std::to_string(change(eu, 2).size()) + " bytes");
    EXPECT_EQ(letter.record, (RecordRef{0, Key{"k1"}}));
    EXPECT_EQ(progress.ledger()->origins.at("eu.1").hash, eu.log.at("eu.1")[2].hash)
        << "the running hash is the one of the whole log";
    take({change(eu, 2), change(eu, 4), abridged(change(eu, 3))}).value();
    run_until([&] { return received("eu.1") == 4; });
    EXPECT_EQ(inbox->counts().forks, 0U) << "it has the same content";
}

TEST_F(InboxTest, AStoreThatIsAwayMakesSourcesStartAgain) {
    for (int i = 0; i < 4; ++i)
        write(eu, "k" + std::to_string(i), "n");
    logs.away = true;
    writer.away = 1;
    start();
    const std::uint64_t epoch = inbox->epoch();
    take({change(eu, 1), change(eu, 2)}).value();
    run_until([&] { return inbox->epoch() != epoch; });
    const auto stale = done(inbox->take({"eu", epoch, {change(eu, 3)}}));
    ASSERT_FALSE(stale);
    EXPECT_EQ(stale.error().code, Errc::unavailable);
    take({change(eu, 1), change(eu, 2), change(eu, 3), change(eu, 4)}).value();
    run_until([&] { return received("eu.1") == 4; });
    EXPECT_TRUE(parked.empty()) << "a lost connection is never a reason";
}

TEST_F(InboxTest, AChangeFromTheFutureIsHeldAndOthersFlow) {
    write(eu, "k", "n");
    write(ap, "k", "n");
    Intent intent;
    intent.kind = WriteKind::update;
    intent.key = Key{"k"};
    intent.fields = {{1, std::string{"later"}}};
    intent.received = Time{system_clock().now().us + 3'600'000'000};
    eu.submit(intent);
    start();
    take({change(eu, 1), change(eu, 2), change(ap, 1)}).value();
    run_until([&] { return received("eu.1") == 1 && received("ap.1") == 1; });
    run_until([&] { return peers.has_trouble(peers::clock_ahead); });
    EXPECT_EQ(received("eu.1"), 1U);
    EXPECT_TRUE(parked.empty());
}

}  // namespace
}  // namespace reef::test
