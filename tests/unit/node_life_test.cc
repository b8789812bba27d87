// What shows that a store came back from yesterday: the mark beside it, the runs that it knows, and
// the storage on which it lies.
#include <fstream>

#include "committer_fixture.hpp"
#include "node/life_evidence.hpp"
#include "peers/change_feed.hpp"
#include "peers/feed_lines.hpp"
#include "replication/life_watch.hpp"
#include "stopped_clock.hpp"
#include "temporary_folder.hpp"

namespace reef::test {
namespace {

using node::Mark;
using store::SameStorage;
using store::StorageIdentity;

// Takes one piece.
class OnePiece final : public http::Stream {
public:
    asio::awaitable<bool> write(std::string_view piece) override {
        text = piece;
        co_return false;
    }
    std::string text;
};

TEST(StorageIdentity, IsComparedByWhatIsKnownOfBoth) {
    const StorageIdentity file{"", "", "", "12/1767225600.5"};
    EXPECT_EQ(store::parse_identity(store::identity_text(file)), file);
    EXPECT_EQ(store::compare(file, file), SameStorage::yes);
    EXPECT_EQ(store::compare(file, {"", "", "", "12/1767225601.0"}), SameStorage::no);
    EXPECT_EQ(store::compare(file, {}), SameStorage::yes) << "this file system does not say";
    const StorageIdentity primary{"71/16384", "00000001", "16390", "1767225600.1"};
    EXPECT_EQ(store::compare(primary, {"71/16384", "00000002", "16390", "1767229999.9"}),
              SameStorage::promoted);
    EXPECT_EQ(store::compare(primary, {"71/16384", "00000001", "17000", "1767225600.1"}),
              SameStorage::no)
        << "pg_restore --clean";
    EXPECT_EQ(store::compare(primary, {"71/16384", "00000001", "16390", "1767229999.9"}),
              SameStorage::no)
        << "the cluster's folder was copied back";
    EXPECT_EQ(store::compare(primary, {"71/16384", "00000001", "16390", ""}), SameStorage::yes);
}

TEST(Runs, AreNumberedAndTheLatestAreKept) {
    store::Runs runs;
    for (int i = 0; i < 20; ++i)
        runs.add("run" + std::to_string(i));
    const store::Runs read = store::parse_runs(store::runs_text(runs));
    EXPECT_EQ(read.last, 20U);
    EXPECT_EQ(read.names, runs.names);
    EXPECT_EQ(read.names.size(), store::runs_kept);
    EXPECT_FALSE(read.lacks(20, "run19"));
    EXPECT_FALSE(read.lacks(5, "run4"));
    EXPECT_TRUE(read.lacks(20, "other"));
    EXPECT_TRUE(read.lacks(21, "run20")) << "a later one";
    EXPECT_FALSE(read.lacks(1, "anything")) << "no longer known";
    EXPECT_TRUE(store::parse_runs("").names.empty());
}

TEST(Mark, IsReadBackAndATornOneIsNone) {
    const Mark mark{"us.k3f9", 3, "abc", 17, hash_of("x"), {{"properties", 120}}};
    const std::string text = node::to_text(mark);
    EXPECT_EQ(node::parse_mark(text), mark);
    EXPECT_FALSE(node::parse_mark(text.substr(0, text.size() / 2)));
    EXPECT_FALSE(node::parse_mark(""));
    EXPECT_FALSE(node::read_mark("/nowhere/us.mark"));
}

class LifeTest : public CommitterTest {
protected:
    LifeTest() {
        make();
        start();
    }
    ~LifeTest() override {
        committer->stop();
        io.restart();
        io.run();
    }
    store::Ledger ledger() { return *run_on(io, reader->ledger()); }

    void begin_run(const std::string& run, const model::OriginId& life = "") {
        commit::RunStart start;
        start.run = run;
        start.identity = store::identity_text(identity);
        start.life = life;
        ASSERT_TRUE(run_on(io, committer->start(std::move(start))));
    }
    void write(const std::string& key) {
        ASSERT_TRUE(run_on(io, committer->submit(named(key, key))));
    }
    Mark mark_now(const std::string& run) {
        const store::Ledger now = ledger();
        return {now.self, now.runs().last, run, now.seq(), now.origins.at(now.self).hash, {}};
    }
    std::optional<node::Evidence> find(const std::optional<Mark>& mark) {
        auto found = run_on(io, node::find_evidence(ledger(), identity, mark, *reader));
        if (!found) throw std::runtime_error(found.error().what);
        return *found;
    }

    StorageIdentity identity{"71/1", "01", "5", "9"};
};

TEST_F(LifeTest, AStoreThatOnlyWentOnIsNoEvidence) {
    EXPECT_FALSE(find(std::nullopt)) << "a new store, or one of an earlier version";
    begin_run("first");
    write("a");
    const Mark mark = mark_now("first");
    EXPECT_FALSE(find(mark));
    write("b");
    begin_run("second");
    EXPECT_FALSE(find(mark)) << "it has more than the mark says";
}

TEST_F(LifeTest, AStoreThatLacksWhatTheMarkSaysIs) {
    begin_run("first");
    write("a");
    Mark mark = mark_now("first");
    ++mark.seq;
    EXPECT_TRUE(find(mark)) << "fewer writes";
    mark = mark_now("first");
    mark.hash = hash_of("another");
    EXPECT_TRUE(find(mark)) << "another write under the number";
    mark = mark_now("second");
    ++mark.run_number;
    EXPECT_TRUE(find(mark)) << "a run that was never on it";
    mark = mark_now("other");
    EXPECT_TRUE(find(mark)) << "another run in its place";
    mark = mark_now("first");
    mark.origin = "us.gone";
    EXPECT_TRUE(find(mark)) << "another store";
}

TEST_F(LifeTest, ACopyIsAndAPromotedStandbyIsOfAnotherKind) {
    begin_run("first");
    identity.file = "10";
    EXPECT_TRUE(find(std::nullopt));
    EXPECT_FALSE(find(std::nullopt)->promoted);
    identity.timeline = "02";
    EXPECT_TRUE(find(std::nullopt)->promoted);
}

TEST_F(LifeTest, ANewLifeNumbersAnewAndKeepsTheOldOne) {
    begin_run("first");
    write("a");
    write("b");
    begin_run("second", "us.2");
    EXPECT_EQ(ledger().self, "us.2");
    EXPECT_EQ(ledger().seq(), 0U);
    EXPECT_EQ(ledger().origins.at("us.1").received, 2U);
    write("c");
    EXPECT_EQ(ledger().seq(), 1U);
    EXPECT_EQ(ledger().runs().names, (std::vector<std::string>{"first", "second"}));
    const auto row = run_on(io, reader->get({0, Key{"c"}}));
    EXPECT_EQ(to_text((*row)->vector), "us.2:1:1");
}

TEST_F(LifeTest, APeerThatHoldsMoreOrAnotherContentIsSuspicious) {
    begin_run("first");
    write("a");
    write("b");
    commit::Progress progress{ledger(), system_clock()};
    peers::Peers peers{{"eu"}, system_clock()};
    std::string why;
    replication::LifeWatch watch{
        {progress, *reader, *reader, peers, [&why](std::string told) { why = std::move(told); }}};
    const auto first = run_on(io, reader->change({"us.1", 1}));
    const auto heard = [&](std::uint64_t seq, const Hash128& hash) {
        why.clear();
        peers::Heartbeat heartbeat{"eu", {}, {{"us.1", seq}}, {}};
        heartbeat.hashes["us.1"] = hash;
        run_on(io, watch.compare("eu", heartbeat));
        return !why.empty();
    };
    EXPECT_FALSE(heard(1, (*first)->hash)) << "it is behind";
    EXPECT_FALSE(heard(2, ledger().origins.at("us.1").hash));
    EXPECT_FALSE(peers.has_trouble(peers::fork));
    EXPECT_TRUE(heard(3, hash_of("more")));
    EXPECT_FALSE(peers.has_trouble(peers::fork)) << "nothing is known to have two contents";
    EXPECT_TRUE(heard(1, hash_of("another")));
    EXPECT_TRUE(peers.has_trouble(peers::fork));
}

TEST_F(LifeTest, AFeedProvesTheLifeThatGoesOnHoweverManyHaveEnded) {
    for (int i = 10; i < 40; ++i) {
        begin_run("run", "us." + std::to_string(i));
        write("key" + std::to_string(i));
    }
    commit::Progress progress{ledger(), system_clock()};
    peers::Peers peers{{"eu"}, system_clock()};
    const std::atomic<bool> stopping = false;
    OnePiece stream;
    peers::FeedParts parts{*reader, progress, peers, system_clock(), "us", "eu", {}, stopping};
    const auto feed = peers::make_change_feed(std::move(parts), ledger().received(), {});
    run_on(io, feed->write_to(stream));
    stream.text.pop_back();
    const auto said = peers::parse_line(stream.text);
    ASSERT_TRUE(said) << said.error().what;
    const auto& hashes = std::get<peers::Heartbeat>(*said).hashes;
    EXPECT_EQ(hashes.at("us.39"), ledger().origins.at("us.39").hash);
    EXPECT_LT(hashes.size(), 30U);
}

TEST(MarkKeeper, ReservesIdsInStepsBeforeTheyAreGiven) {
    const TemporaryFolder folder;
    const std::string file = folder.file("marks/us.mark");
    const Schema schema = things();
    StoppedClock clock;
    node::MarkKeeper keeper{file, schema, clock};
    store::Ledger ledger;
    ledger.self = "us.1";
    ledger.origins["us.1"].received = 5;
    ASSERT_TRUE(succeeded(keeper.begin(ledger, "first")));
    EXPECT_EQ(node::read_mark(file)->seq, 5U);
    const std::string name = schema.resources[0].name;
    const auto reserved = [&] { return node::read_mark(file)->ids[name]; };
    ledger.next_id[0] = 3;
    ASSERT_TRUE(succeeded(keeper.reserve(ledger)));
    const std::int64_t first = reserved();
    EXPECT_GT(first, 3);
    ledger.next_id[0] = first;
    ASSERT_TRUE(succeeded(keeper.reserve(ledger)));
    EXPECT_EQ(reserved(), first) << "not for each";
    ledger.next_id[0] = first + 1;
    ASSERT_TRUE(succeeded(keeper.reserve(ledger)));
    EXPECT_GT(reserved(), first + 1);
    const std::int64_t second = reserved();
    node::MarkKeeper next{file, schema, clock};
    ledger.next_id[0] = 4;
    ASSERT_TRUE(succeeded(next.begin(ledger, "second")));
    EXPECT_EQ(reserved(), second) << "what a process before has reserved stays so";
}

}  // namespace
}  // namespace reef::test
