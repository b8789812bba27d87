// Calls that another program's messages describe, with a broker in memory.
#include "brokers/foreign_calls.hpp"

#include "broker_fixture.hpp"

namespace reef::test {
namespace {

using brokers::CallFate;
using brokers::CallShape;
using brokers::ForeignCall;

const std::string shape =
    R"({"source_server": "<source>", "operation": "<header.operation-name>", "url": "<path>",
        "event": "<one>.<past>", "method": "<method>", "inputs": <input>,
        "resource_id": <known_key>, "timestamp": "<local_time>", "result": <record>})";

Message said(const std::string& body) {
    return {"topic", "m", body, {}, 1};
}

std::string call_of(const std::string& source, const std::string& name) {
    return R"({"source_server":")" + source +
           R"(","url":"/things/","method":"POST","inputs":{"n":")" + name + R"("}})";
}

TEST(CallShape, ReadsWhatAMessageSays) {
    const auto call = CallShape{shape}.read(
        said(R"({"source_server":"A","operation":"create-x","url":"/w/","method":"POST","more":[],)"
             R"("inputs":{"a":1.50},"timestamp":"2026-01-01T12:00:00.5","result":{"id":7}})"));
    ASSERT_TRUE(call) << call.error().what;
    EXPECT_EQ(call->source, "A");
    EXPECT_EQ(call->method, "POST");
    EXPECT_EQ(call->path, "/w/");
    EXPECT_EQ(call->body, R"({"a":1.50})");
    EXPECT_EQ(call->record, R"({"id":7})");
    EXPECT_EQ(call->kept, (Headers{{"operation-name", "create-x"}}));
    EXPECT_EQ(call->made, parse_time("2026-01-01T12:00:00.5Z"));
    EXPECT_EQ(call->name.substr(0, 18), "replicated-from-A-");
}

TEST(CallShape, KnowsAMessageByItsBody) {
    const CallShape calls{shape};
    const auto first = calls.read(said(call_of("A", "x")));
    Message again = said(call_of("A", "x"));
    again.key = "other";
    EXPECT_EQ(first->name, calls.read(again)->name);
    EXPECT_NE(first->name, calls.read(said(call_of("A", "y")))->name);
}

TEST(CallShape, TakesTheKeyAloneWhereThereIsNoRecord) {
    const auto call = CallShape{shape}.read(
        said(R"({"source_server":"A","url":"/w/","method":"POST","resource_id":7,"result":null})"));
    ASSERT_TRUE(call);
    EXPECT_EQ(call->record, "7");
    EXPECT_EQ(call->body, "{}");
}

TEST(CallShape, RefusesWhatIsNoCall) {
    const CallShape calls{shape};
    for (const char* body :
         {"", "x", "[]", "null", "{}", R"({"source_server":7,"url":"/w","method":"POST"})",
          R"({"source_server":"A","url":["/w"],"method":"POST"})",
          R"({"source_server":"A","url":"/w"})",
          R"({"source_server":"A","source_server":"B","url":"/w","method":"POST"})"}) {
        EXPECT_FALSE(calls.read(said(body))) << body;
    }
}

class ForeignCallsTest : public BrokerTest {
protected:
    ForeignCallsTest() {
        topic.keeps = false;
        brokers::ForeignCallOptions& calls = us.options.calls.emplace();
        calls.body = shape;
        calls.executes = {{"A", true}, {"X", true}, {"B", false}};
        calls.execute = [this](ForeignCall call) { return execute(std::move(call)); };
        calls.retry_min = calls.retry_max = 1ms;
    }
    ~ForeignCallsTest() override = default;

    Task<CallFate> execute(ForeignCall call) {
        co_await asio::post(asio::use_awaitable);
        ++tries;
        const std::string what = call.source + ' ' + call.body;
        if (away) co_return Error{Errc::unavailable, "the database is away"};
        if (call.source == waits) co_return CallFate{CallFate::Kind::waits};
        if (what.find("bad") != what.npos) co_return CallFate{CallFate::Kind::refused, "no"};
        done.push_back(what);
        co_return CallFate{CallFate::Kind::done};
    }
    void tell(const std::string& source, const std::string& name) {
        topic.messages.push_back(said(call_of(source, name)));
    }
    bool acknowledged(std::size_t count) const { return us.acknowledged.offsets.size() == count; }

    std::vector<std::string> done;
    std::string waits;
    bool away = false;
    int tries = 0;
};

TEST_F(ForeignCallsTest, CallsAreMadeInTheirOrderAndAcknowledged) {
    for (const char* name : {"1", "2", "3"})
        tell("A", name);
    us.start(true);
    run_until([&] { return acknowledged(3); });
    EXPECT_EQ(done,
              (std::vector<std::string>{R"(A {"n":"1"})", R"(A {"n":"2"})", R"(A {"n":"3"})"}));
    EXPECT_EQ(us.link->report().imported, 3U);
    EXPECT_EQ(us.link->report().foreign, 3U);
}

TEST_F(ForeignCallsTest, WhatAnotherNodeExecutesIsPassedOver) {
    tell("B", "1");
    tell("A", "2");
    us.start(true);
    run_until([&] { return acknowledged(2); });
    EXPECT_EQ(done.size(), 1U);
    EXPECT_TRUE(dead.messages.empty());
}

TEST_F(ForeignCallsTest, WhatIsRefusedForGoodIsPutAside) {
    tell("A", "bad");
    tell("A", "2");
    tell("Z", "3");
    topic.messages.push_back(said("hostile"));
    us.start(true);
    run_until([&] { return acknowledged(4); });
    EXPECT_EQ(done.size(), 1U);
    EXPECT_EQ(dead.messages.size(), 3U);
    EXPECT_EQ(*dead.messages.front().header("atoll-reason"), "no");
    EXPECT_EQ(run_on(io, us.reader->dead_letters(0, {})).value().size(), 3U);
}

TEST_F(ForeignCallsTest, WhatWaitsKeepsTheProgramsOrderAndNobodyElsesCalls) {
    waits = "A";
    tell("A", "1");
    tell("X", "2");
    tell("A", "3");
    us.start(true);
    run_until([&] { return !done.empty() && tries > 5; });
    EXPECT_EQ(done, (std::vector<std::string>{R"(X {"n":"2"})"}));
    EXPECT_TRUE(acknowledged(0)) << "nothing behind what waits is settled";
    waits = "";
    run_until([&] { return acknowledged(3); });
    EXPECT_EQ(done.size(), 3U);
    EXPECT_EQ(done[1], R"(A {"n":"1"})");
}

TEST_F(ForeignCallsTest, WhileTheDatabaseIsAwayNothingIsPutAside) {
    away = true;
    tell("A", "1");
    us.start(true);
    run_until([&] { return tries > 3; });
    EXPECT_TRUE(acknowledged(0));
    away = false;
    run_until([&] { return acknowledged(1); });
    EXPECT_EQ(done.size(), 1U);
    EXPECT_TRUE(dead.messages.empty());
}

TEST_F(ForeignCallsTest, WhatWasNotSettledComesAgain) {
    away = true;
    tell("A", "1");
    tell("A", "2");
    us.start(true);
    run_until([&] { return tries > 1; });
    us.stop();
    away = false;
    us.start(true);
    run_until([&] { return acknowledged(2); });
    EXPECT_EQ(done.size(), 2U);
}

}  // namespace
}  // namespace reef::test
