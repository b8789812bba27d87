#include "node/captures.hpp"

#include <gtest/gtest.h>

#include <latch>

#include "islands.hpp"
#include "memory_store.hpp"
#include "stopped_clock.hpp"

namespace reef::test {

namespace {

// Keeps what is waited for; each wait is over at once.
class NotingClock final : public StoppedClock {
public:
    std::shared_ptr<asio::steady_timer> timer(asio::any_io_executor executor,
                                              std::chrono::nanoseconds duration) override {
        if (waits.size() < noted) {
            waits.push_back(duration);
            all_noted.count_down();
        }
        pass(duration);
        return StoppedClock::timer(std::move(executor), {});
    }

    static constexpr std::size_t noted = 3;
    std::latch all_noted{noted};
    std::vector<std::chrono::nanoseconds> waits;
};

}  // namespace

// However long the machine has been up.
TEST(Captures, LookEvery250MillisecondsWhenNothingIsHeard) {
    const model::Schema schema = things();
    auto store = store::open_memory(schema, {.file = "", .node = "us", .incarnation = "1"});
    auto ledger = node::ledger_of(*store);
    ASSERT_TRUE(ledger);
    node::Database database{{.schema = schema,
                             .store = std::move(store),
                             .ledger = *ledger,
                             .clock = system_clock(),
                             .committed = [](const auto&) {}},
                            {}};
    node::Instances instances{database};
    NotingClock noting;
    noting.pass(std::chrono::hours{24 * 365});
    node::Captures captures{database, instances, noting};
    database.start([](const auto&) {});
    captures.start();
    noting.all_noted.wait();
    captures.stop();
    instances.stop();
    database.stop();
    for (const auto wait : noting.waits)
        EXPECT_EQ(wait, std::chrono::milliseconds{250});
}

}  // namespace reef::test
