// The UUID of a new record, where the node makes it: which request gets which, in each region.
#include <gtest/gtest.h>

#include "islands.hpp"

namespace reef::test {
namespace {

using namespace model;

Schema tickets() {
    Resource tickets;
    tickets.name = "tickets";
    tickets.fields = {field("id", FieldType::uuid), field("title", FieldType::text)};
    tickets.fields[0].key = KeyKind::uuid7;
    Schema schema;
    schema.resources = {std::move(tickets)};
    return schema;
}

class NewKeyTest : public testing::Test {
protected:
    Intent create(std::vector<RequestId> ids, std::string attempt = "") {
        Intent intent;
        intent.kind = WriteKind::create;
        intent.fields = {{1, std::string{"Leak"}}};
        intent.request = {std::move(ids), std::move(attempt), hash_of("body")};
        intent.received = Time{1'767'225'600'000'000};
        return intent;
    }
    Intent attempt(const std::string& name, Time gateway_time) {
        Intent intent = create({{RequestKind::attempt, name}}, name);
        intent.gateway_time = gateway_time;
        return intent;
    }
    static std::string key(Island& at, const Intent& intent) {
        return to_text(std::get<Accepted>(at.submit(intent)).row.key);
    }
    static char version_of(const std::string& uuid) { return uuid.at(14); }

    const Schema schema = tickets();
    Island us{schema, "us.1"};
    Island eu{schema, "eu.1"};
};

TEST_F(NewKeyTest, WithoutAnyIdItIsOfTheTimeAndUnique) {
    const std::string one = key(us, create({}));
    EXPECT_EQ(one.substr(0, 15), "019b76da-a800-7");
    us.batch_context.random[0] = 1;  // each batch has others
    EXPECT_NE(key(us, create({})), one);
}

TEST_F(NewKeyTest, OfTheIdempotencyKeyWhereEachTryHasAnIdOfItsOwn) {
    const auto tried = [this](const char* id) {
        return create({{RequestKind::id, id}, {RequestKind::key, "order-7"}}, id);
    };
    EXPECT_EQ(key(us, tried("try-1")), key(eu, tried("try-2")));
}

TEST_F(NewKeyTest, OfTheClientsIdItIsTheSameHoursLater) {
    for (const RequestKind kind : {RequestKind::id, RequestKind::key}) {
        Intent later = create({{kind, "a1"}}, "attempt-2");
        later.received.us += 7'200'000'000;
        later.gateway_time = later.received;
        const std::string first = key(us, create({{kind, "a1"}}, "attempt-1"));
        EXPECT_EQ(version_of(first), '8');
        EXPECT_EQ(key(eu, later), first);
    }
}

// The regions' own clocks differ: only the gateway's counts.
TEST_F(NewKeyTest, OfTheGatewaysAttemptItIsTheSameInBothRegionsAndInOrderOfTime) {
    const Time first{1'767'225'600'123'000};
    const Time second{1'767'225'600'124'000};
    Intent late = attempt("x", first);
    late.received.us -= 5'000'000;
    const std::string x = key(us, attempt("x", first));
    EXPECT_EQ(x.substr(0, 15), "019b76da-a87b-7");
    EXPECT_EQ(key(eu, late), x);
    EXPECT_NE(key(us, attempt("y", first)), x);
    EXPECT_GT(key(us, attempt("a", second)), x);
}

// Another gateway than ours may send no time.
TEST_F(NewKeyTest, OfAnAttemptWithoutATimeItIsOfTheAttemptAlone) {
    Intent one = create({{RequestKind::attempt, "x"}}, "x");
    Intent other = one;
    other.received.us += 1'000'000;
    const std::string made = key(us, one);
    EXPECT_EQ(version_of(made), '8');
    EXPECT_EQ(key(eu, other), made);
}

}  // namespace
}  // namespace reef::test
