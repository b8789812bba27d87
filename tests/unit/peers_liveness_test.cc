// When a peer is taken for silent, by what its link was measured to do.
#include "peers/liveness.hpp"

#include <gtest/gtest.h>

#include "peers/beat.hpp"

namespace reef::peers {
namespace {

using namespace std::chrono_literals;

// A peer so far away. Both beat each interval; what is on the way arrives in order.
class LivenessTest : public testing::Test {
protected:
    // Beats go both ways for so long, each taking so long there and back.
    void run(nanoseconds round_trip, nanoseconds time) {
        for (const nanoseconds end = now_ + time; now_ < end; now_ += beat_interval) {
            const std::uint64_t number = link_.send(now_);
            link_.hear(number, now_ + round_trip);
            link_.take_echo({number, 0ns}, now_ + round_trip);
        }
        now_ += round_trip;
    }

    Liveness link_{LinkBounds{400ms, 500ms, 3000ms}};
    nanoseconds now_ = 100s;
};

TEST_F(LivenessTest, NobodyIsThereBeforeItIsProven) {
    EXPECT_TRUE(link_.is_silent(now_));
    link_.hear(7, now_);
    EXPECT_TRUE(link_.is_silent(now_)) << "it is heard, and may not hear us";
    link_.prove(now_, now_);
    EXPECT_FALSE(link_.is_silent(now_));
}

TEST_F(LivenessTest, TheLimitFollowsTheRoundTrip) {
    run(1ms, 20s);
    EXPECT_EQ(link_.limit() / 1ms, 601);
    run(300ms, 60s);
    EXPECT_GE(link_.limit(), 900ms);
    EXPECT_NEAR(static_cast<double>(*link_.round_trip() / 1ms), 300, 2);
    now_ += 350ms;
    EXPECT_FALSE(link_.is_silent(now_)) << "an answer may still be on its way";
    now_ += 3s;
    EXPECT_TRUE(link_.is_silent(now_));
}

TEST_F(LivenessTest, TheBoundsHoldWhateverIsMeasured) {
    run(10s, 60s);
    EXPECT_EQ(link_.limit(), 3000ms);
    Liveness near{LinkBounds{400ms, 2000ms, 3000ms}};
    near.prove(1s, 1s);
    EXPECT_FALSE(near.is_silent(2900ms));
    EXPECT_TRUE(near.is_silent(3s));
}

TEST_F(LivenessTest, WhatCameLateOnceIsWaitedForTheNextMinute) {
    run(1ms, 20s);
    now_ += 300ms;  // a stall that is shorter than the limit
    run(1ms, 1s);
    EXPECT_GE(link_.limit(), 700ms);
    run(1ms, 90s);
    EXPECT_EQ(link_.limit() / 1ms, 601);
}

TEST_F(LivenessTest, AnAbsenceTeachesNothing) {
    run(1ms, 20s);
    now_ += 60s;
    EXPECT_TRUE(link_.is_silent(now_));
    run(1ms, 1s);
    EXPECT_FALSE(link_.is_silent(now_));
    EXPECT_EQ(link_.limit() / 1ms, 601);
}

TEST_F(LivenessTest, ABeatThatSaysBackAnOldNumberProvesNothingNew) {
    run(1ms, 20s);
    const std::uint64_t last = link_.send(now_);
    link_.take_echo({last, 0ns}, now_);
    for (int beats = 0; beats < 10; ++beats) {
        now_ += beat_interval;
        link_.hear(static_cast<std::uint64_t>(1000 + beats), now_);
        link_.take_echo({last, beat_interval * (beats + 1)}, now_);
    }
    EXPECT_TRUE(link_.is_silent(now_)) << "it does not hear us any more";
}

TEST_F(LivenessTest, APeerThatListensToAnotherProcessOfThisNodeIsThere) {
    link_.hear(1, now_);
    link_.take_echo({123456, 0ns}, now_);
    EXPECT_FALSE(link_.is_silent(now_));
}

TEST_F(LivenessTest, NobodyWhoRefusesIsThere) {
    run(1ms, 2s);
    link_.refuse();
    EXPECT_TRUE(link_.is_silent(now_));
}

TEST(Beat, IsALineOfText) {
    Beat beat{.number = 12, .echo = 9, .held_us = 1500};
    const auto said = [](const Beat& one) {
        std::string text;
        append_line(text, one);
        return text;
    };
    EXPECT_EQ(said(beat), "12 9 1500\n");
    beat.able = false;
    beat.hears = {"ap", "us"};
    beat.in_stead = model::Dot{"eu.k3f9ab", 7};
    EXPECT_EQ(said(beat), "12 9 1500 unable hears=ap,us instead=eu.k3f9ab:7\n");
    EXPECT_EQ(parse_beat("12 9 1500 unable hears=ap,us later=x instead=eu.k3f9ab:7"), beat);
    const Beat named{.number = 12, .run = "x01bcd"};
    EXPECT_EQ(said(named), "12 0 0 run=x01bcd\n");
    EXPECT_EQ(parse_beat("12 0 0 run=x01bcd"), named);
    for (const char* none : {"", "12", "12 9", "12 9 x", "a 9 1", "-1 2 3"})
        EXPECT_FALSE(parse_beat(none)) << none;
}

TEST(Beat, SaysOnlyWhatTheOneBeforeDidNot) {
    const auto said = [](const Beat& one, const Beat& before) {
        std::string text;
        append_line(text, one, &before);
        EXPECT_EQ(parse_beat(std::string_view{text}.substr(0, text.size() - 1), &before), one);
        return text;
    };
    const Beat before{
        .number = 10'000'012, .echo = 20'000'009, .held_us = 1500, .hears = {"ap"}, .run = "x1"};
    Beat beat{
        .number = 10'000'014, .echo = 20'000'011, .held_us = 60'000, .hears = {"ap"}, .run = "x1"};
    EXPECT_EQ(said(beat, before), "+2 2 60000\n");
    beat.echo = 0;  // none lately, or the listener has started again
    EXPECT_EQ(said(beat, before), "10000014 0 60000 hears=ap run=x1\n");
    beat.echo = before.echo;
    beat.hears = {};
    EXPECT_EQ(said(beat, before), "10000014 20000009 60000 run=x1\n");
    EXPECT_FALSE(parse_beat("+2 2 60000")) << "nobody knows from where";
}

}  // namespace
}  // namespace reef::peers
