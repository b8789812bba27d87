// Gaps are filled from a peer's log: a short one with one question, of a long one what follows is
// on its way before it is asked for.
#include "replication/peer_logs.hpp"

#include <gtest/gtest.h>

#include "faulty_writer.hpp"
#include "islands.hpp"
#include "memory_store.hpp"
#include "run.hpp"

namespace reef::test {
namespace {

using namespace model;

// A peer whose log has so many changes of eu.1: "1", "2", …
class Peer final : public peers::PeerCalls {
public:
    Task<Answer> post(std::string, std::string, peers::Patience) override {
        co_return Error{Errc::invalid, "not here"};
    }
    Task<Answer> get(std::string target, peers::Patience) override {
        ++asked;
        co_return Answer{200, lines_of(target)};
    }
    Task<std::unique_ptr<peers::AnswerLines>> get_lines(std::string target,
                                                        std::chrono::milliseconds) override {
        ++opened;
        EXPECT_NE(target.find("&whole="), std::string::npos);
        Answer answer{200, lines_of(target)};
        if (breaks_after > 0) {
            std::size_t end = 0;
            for (int i = 0; i < breaks_after; ++i)
                end = answer.body.find('\n', end) + 1;
            answer.body.resize(end);
        }
        co_return peers::make_lines(std::move(answer));
    }
    asio::awaitable<void> keep_warm() override { co_return; }

    std::uint64_t size = 0;
    int breaks_after = 0;  // so many lines an answer of many ends
    int asked = 0;
    int opened = 0;

private:
    std::string lines_of(const std::string& target) const {
        const std::size_t after = target.find(':') + 1;
        const std::size_t limit = target.find("&limit=") + 7;
        const std::uint64_t first = std::stoull(target.substr(after)) + 1;
        const std::uint64_t last =
            std::min<std::uint64_t>(size, first - 1 + std::stoull(target.substr(limit)));
        std::string lines;
        for (std::uint64_t seq = first; seq <= last; ++seq)
            lines += std::to_string(seq) + '\n';
        return lines;
    }
};

class PeerLogsTest : public testing::Test {
protected:
    PeerLogsTest() {
        auto made = std::make_unique<Peer>();
        peer = made.get();
        calls.emplace("eu", std::move(made));
    }

    void has(std::uint64_t size) {
        peer->size = size;
        peers::Heartbeat heartbeat;
        heartbeat.received["eu.1"] = size;
        peers.on_heartbeat("eu", heartbeat, {});
    }

    // What follows that number, as "from-to"; "": nothing.
    std::string after(std::uint64_t seq) {
        const auto changes = run(logs.changes_after({"eu.1", seq}, 10));
        if (!changes) return changes.error().what;
        return changes->empty() ? "" : changes->front() + '-' + changes->back();
    }

    const Schema schema = things();
    asio::io_context io;
    const std::unique_ptr<store::Store> store =
        store::open_memory(schema, {.file = "", .node = "us", .incarnation = "1"});
    FaultyWriter writer{store->open_writer(io.get_executor()), io.get_executor()};
    const std::unique_ptr<store::Reader> reader = store->open_reader(io.get_executor());
    commit::Progress progress{value_of_task(reader->ledger()), system_clock()};
    commit::Committer committer{
        {schema, writer, system_clock(), io.get_executor(), [] { return commit::BatchContext{}; },
         [](const store::Ledger&) {}},
        {}};
    peers::Peers peers{{"eu"}, system_clock()};
    peers::PeerCallsByName calls;
    Peer* peer = nullptr;
    peers::Snapshot snapshot{{schema, committer, progress, calls, peers}};
    replication::PeerLogs logs{peers, calls, snapshot};
};

TEST_F(PeerLogsTest, AShortGapIsOneQuestion) {
    has(7);
    EXPECT_EQ(after(2), "3-7");
    EXPECT_EQ(peer->asked, 1);
    EXPECT_EQ(peer->opened, 0);
}

TEST_F(PeerLogsTest, OfALongGapTheRestIsAskedForOnce) {
    has(1000);
    for (std::uint64_t seq = 0; seq < 1000; seq += 10)
        EXPECT_EQ(after(seq), std::to_string(seq + 1) + '-' + std::to_string(seq + 10));
    EXPECT_EQ(peer->asked, 1);
    EXPECT_EQ(peer->opened, 1);
}

TEST_F(PeerLogsTest, WhatWasFetchedAheadIsDroppedWhereItIsNotWanted) {
    has(1000);
    EXPECT_EQ(after(0), "1-10");
    EXPECT_EQ(after(10), "11-20");
    EXPECT_EQ(after(500), "501-510") << "it came in another way meanwhile";
    logs.finish();
    EXPECT_EQ(after(510), "511-520");
    EXPECT_EQ(peer->asked, 3);
    EXPECT_EQ(peer->opened, 1);
}

TEST_F(PeerLogsTest, GoesOnBehindAnAnswerThatEndsEarly) {
    has(40);
    peer->breaks_after = 3;
    EXPECT_EQ(after(0), "1-10");
    EXPECT_EQ(after(10), "11-13");
    EXPECT_EQ(after(13), "14-23") << "asked anew";
    EXPECT_EQ(after(23), "24-26");
    EXPECT_EQ(after(26), "27-36");
    peer->breaks_after = 0;
    EXPECT_EQ(after(36), "37-40");
}

}  // namespace
}  // namespace reef::test
