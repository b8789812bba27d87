// Which replica answers a read.
#include <gtest/gtest.h>

#include <array>

#include "node/replicas/read_policy.hpp"

namespace reef::node {
namespace {

using namespace std::chrono_literals;
using config::Spread;

constexpr std::optional<std::chrono::nanoseconds> any_age;
bool everything(std::size_t) {
    return true;
}

// The answers to so many reads: "0 1 0 -", with "-" for the primary.
std::string turns(ReadPolicy& policy, const std::vector<Candidate>& replicas, int reads,
                  std::optional<std::chrono::nanoseconds> staleness_max = any_age,
                  const std::function<bool(std::size_t)>& has = everything) {
    std::string text;
    for (int i = 0; i < reads; ++i) {
        const auto chosen = policy.choose(replicas, staleness_max, has);
        text += (text.empty() ? "" : " ") + (chosen ? std::to_string(*chosen) : "-");
    }
    return text;
}

TEST(ReadPolicy, GivesEachReplicaItsTurn) {
    ReadPolicy policy{Spread::round_robin, 5s, 1};
    EXPECT_EQ(turns(policy, {{true}, {true}, {true}}, 7), "0 1 2 0 1 2 0");
}

TEST(ReadPolicy, PassesOverWhoeverTakesNoReads) {
    ReadPolicy policy{Spread::round_robin, 5s, 1};
    EXPECT_EQ(turns(policy, {{true}, {false}, {true}}, 4), "0 2 0 2");
    EXPECT_EQ(turns(policy, {{false}, {false}, {false}}, 2), "- -");
    EXPECT_EQ(turns(policy, {{false}, {true}, {false}}, 2), "1 1");
    EXPECT_EQ(turns(policy, {}, 1), "-");
}

TEST(ReadPolicy, PassesOverWhoeverIsTooFarBehind) {
    ReadPolicy policy{Spread::round_robin, 5s, 1};
    EXPECT_EQ(turns(policy, {{true, 5s}, {true, 5001ms}}, 2), "0 0");
    EXPECT_EQ(turns(policy, {{true, 6s}, {true, 1h}}, 2), "- -");
}

TEST(ReadPolicy, TheReadMayAskForLess) {
    ReadPolicy policy{Spread::round_robin, 5s, 1};
    const std::vector<Candidate> replicas{{true, 2s}, {true, 0s}};
    EXPECT_EQ(turns(policy, replicas, 2, 1s), "1 1");
    EXPECT_EQ(turns(policy, replicas, 2, 0s), "1 1");
    EXPECT_EQ(turns(policy, {{true, 2s}, {true, 1ns}}, 1, 0s), "-");
    // … and not for more.
    EXPECT_EQ(turns(policy, {{true, 6s}}, 1, 1h), "-");
}

TEST(ReadPolicy, PassesOverWhoeverLacksWhatTheReadMustShow) {
    ReadPolicy policy{Spread::round_robin, 5s, 1};
    const auto second = [](std::size_t replica) { return replica == 1; };
    EXPECT_EQ(turns(policy, {{true}, {true}}, 2, any_age, second), "1 1");
    const auto none = [](std::size_t) { return false; };
    EXPECT_EQ(turns(policy, {{true}, {true}}, 2, any_age, none), "- -");
}

TEST(ReadPolicy, ByChanceEachIsChosenAndNoOther) {
    ReadPolicy policy{Spread::random, 5s, 1};
    std::array<int, 4> chosen{};
    for (int i = 0; i < 1000; ++i) {
        const auto at = policy.choose({{true}, {false}, {true}, {true, 6s}}, any_age, everything);
        ASSERT_TRUE(at);
        ++chosen[*at];
    }
    EXPECT_GT(chosen[0], 300);  // of a fixed seed: never by luck
    EXPECT_GT(chosen[2], 300);
    EXPECT_EQ(chosen[0] + chosen[2], 1000);
    EXPECT_EQ(turns(policy, {{false}}, 1), "-");
}

TEST(ReadPolicy, WithThePrimaryAloneNoReplicaIsChosen) {
    ReadPolicy policy{Spread::primary, 5s, 1};
    EXPECT_EQ(turns(policy, {{true}, {true}}, 2), "- -");
}

}  // namespace
}  // namespace reef::node
