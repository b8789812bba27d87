// What is known of peers, by a clock that stands still until it is moved.
#include "peers/peers.hpp"

#include <gtest/gtest.h>

#include "peers/lag_json.hpp"
#include "stopped_clock.hpp"

namespace reef::replication {
namespace {

using namespace std::chrono_literals;

class PeersTest : public testing::Test {
protected:
    void hear(std::uint64_t seq) {
        const model::Position position{{"eu.a", seq}};
        peers_.on_heartbeat("eu", {"eu", clock_.now(), position, position}, applied_);
    }
    void apply(std::uint64_t seq) {
        applied_ = {{"eu.a", seq}, {"us.a", 7}};
        peers_.applied(applied_);
    }
    peers::PeerReport eu() const { return peers_.report().at(0); }

    test::StoppedClock clock_;
    peers::Peers peers_{{"eu"}, clock_};
    model::Position applied_{{"us.a", 7}};
};

TEST_F(PeersTest, NobodyIsReachedBeforeItIsHeard) {
    EXPECT_FALSE(peers_.reachable("eu"));
    clock_.pass(3s);
    EXPECT_DOUBLE_EQ(peers_.lag_seconds(), 3);
    hear(0);
    EXPECT_TRUE(peers_.reachable("eu"));
    EXPECT_DOUBLE_EQ(peers_.lag_seconds(), 0);
}

TEST_F(PeersTest, APeerThatSaysNothingIsNotReached) {
    hear(0);
    clock_.pass(499ms);
    EXPECT_TRUE(peers_.reachable("eu"));
    clock_.pass(1ms);
    EXPECT_FALSE(peers_.reachable("eu"));
    EXPECT_DOUBLE_EQ(peers_.lag_seconds(), 0.5);
}

TEST_F(PeersTest, OneProcessOfANameIsHeardAtATime) {
    const auto hears_other = [this](std::string run, std::string life) {
        return peers_.hears_other_run("eu", {std::move(run), std::move(life)});
    };
    EXPECT_FALSE(hears_other("r9", "eu.z")) << "nobody is heard";
    hear(0);
    EXPECT_FALSE(hears_other("r9", "eu.z")) << "an earlier version says neither";
    peers::Heartbeat heartbeat{"eu", clock_.now(), {}, {}};
    heartbeat.runs = {"r1", "r2"};
    heartbeat.life = "eu.b";
    peers_.on_heartbeat("eu", heartbeat, applied_);
    EXPECT_FALSE(hears_other("r1", "eu.b"));
    EXPECT_FALSE(hears_other("r2", ""));
    EXPECT_FALSE(hears_other("", ""));
    EXPECT_TRUE(hears_other("r3", "eu.b")) << "it never ran on the store that is heard";
    // The copy that is heard knows the runs of the original.
    EXPECT_TRUE(hears_other("r1", "eu.a"));
    clock_.pass(600ms);
    EXPECT_FALSE(hears_other("r3", "eu.a")) << "nobody is heard any more";
}

TEST_F(PeersTest, AProcessThatStartsAgainIsNotTakenForAnotherOne) {
    peers::Heartbeat heartbeat{"eu", clock_.now(), {}, {}};
    heartbeat.runs = {"r1"};
    heartbeat.life = "eu.a";
    peers_.on_heartbeat("eu", heartbeat, applied_);
    peers::Beat beat{.number = 1, .run = "r1"};
    peers_.on_beat("eu", beat);
    peers_.on_answer("eu", clock_.steady());
    EXPECT_TRUE(peers_.hears_other_run("eu", {"r2", "eu.b"}));
    peers_.on_disconnect("eu", "it hung up");
    EXPECT_TRUE(peers_.hears_other_run("eu", {"r2", "eu.b"})) << "it may be a copy";
    beat.run = "r2";
    peers_.on_beat("eu", beat);
    EXPECT_TRUE(peers_.reachable("eu"));
    EXPECT_FALSE(peers_.hears_other_run("eu", {"r2", "eu.b"})) << "its feed has said nothing yet";
    heartbeat.runs = {"r1", "r2"};
    heartbeat.life = "eu.b";
    peers_.on_heartbeat("eu", heartbeat, applied_);
    EXPECT_FALSE(peers_.hears_other_run("eu", {"r2", "eu.b"}));
    EXPECT_TRUE(peers_.hears_other_run("eu", {"r3", "eu.b"}));
}

TEST_F(PeersTest, SilenceBeginsWhereAPeerWasHeardLast) {
    clock_.pass(3s);
    EXPECT_EQ(peers_.silence_of("eu"), 3s) << "since this node's start";
    EXPECT_EQ(peers_.silence_of("nobody"), 0s);
    hear(0);
    clock_.pass(400ms);
    EXPECT_EQ(peers_.silence_of("eu"), 0s);
    clock_.pass(2s);
    EXPECT_EQ(peers_.silence_of("eu"), 2400ms);
}

TEST_F(PeersTest, LagIsTheAgeOfTheOldestChangeThatIsNotHere) {
    hear(5);
    clock_.pass(100ms);
    hear(9);
    clock_.pass(100ms);
    EXPECT_DOUBLE_EQ(eu().lag_seconds, 0.2);
    EXPECT_EQ(eu().pending, 9U);
    apply(5);
    EXPECT_DOUBLE_EQ(eu().lag_seconds, 0.1);
    apply(9);
    EXPECT_DOUBLE_EQ(eu().lag_seconds, 0);
    EXPECT_EQ(eu().pending, 0U);
}

TEST_F(PeersTest, WhoWasThereAMomentAgoIsExpectedToTakeAWrite) {
    const model::Dot write{"us.a", 7};
    EXPECT_FALSE(peers_.any_lacks(write)) << "nobody is there who could";
    hear(0);
    EXPECT_TRUE(peers_.any_lacks(write));
    peers_.on_disconnect("eu", "it restarts");
    clock_.pass(2s);
    EXPECT_TRUE(peers_.any_lacks(write));
    peers_.cut("eu", true);
    EXPECT_FALSE(peers_.any_lacks(write));
    peers_.cut("eu", false);
    clock_.pass(3s);
    EXPECT_FALSE(peers_.any_lacks(write)) << "it is gone for good";
    peers_.on_heartbeat("eu", {"eu", clock_.now(), {}, {{"us.a", 7}}}, applied_);
    EXPECT_FALSE(peers_.any_lacks(write));
}

TEST_F(PeersTest, ALinkThatIsCutIsNotReachedAlthoughItIsHeard) {
    hear(0);
    peers_.cut("eu", true);
    EXPECT_FALSE(peers_.reachable("eu"));
    peers_.cut("eu", false);
    EXPECT_TRUE(peers_.reachable("eu"));
}

TEST_F(PeersTest, ItSaysWhyAPeerIsNotConnectedAndWhatItsAppDiffersBy) {
    const auto says = [this](std::string_view text) {
        return lag_json(peers_).find(text) != std::string::npos;
    };
    hear(0);
    peers_.differs("eu", "eu has a field more");
    EXPECT_TRUE(says(R"("differs":"eu has a field more")"));
    EXPECT_FALSE(says("reason"));
    peers_.on_disconnect("eu", "it answered 503");
    EXPECT_TRUE(says(R"("reason":"it answered 503")"));
    peers_.cut("eu", true);
    EXPECT_FALSE(says("reason")) << "somebody has done that";
    peers_.differs("eu", "");
    EXPECT_FALSE(says("differs"));
}

TEST_F(PeersTest, TheRateIsThatOfTheLastSeconds) {
    apply(1000);  // what was there at the start is not news
    EXPECT_DOUBLE_EQ(eu().applied_per_second, 0);
    for (std::uint64_t second = 1; second <= 10; ++second) {
        clock_.pass(1s);
        apply(1000 + 20 * second);
    }
    EXPECT_DOUBLE_EQ(eu().applied_per_second, 20);
    clock_.pass(100s);
    EXPECT_DOUBLE_EQ(eu().applied_per_second, 0);
    apply(1250);
    EXPECT_DOUBLE_EQ(eu().applied_per_second, 10);
}

}  // namespace
}  // namespace reef::replication
