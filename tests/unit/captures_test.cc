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
        waits.push_back(duration);
        if (waits.size() == 3) waited_thrice.count_down();
        pass(duration);
        return StoppedClock::timer(std::move(executor), {});
    }

    std::vector<std::chrono::nanoseconds> waits;
    std::latch waited_thrice{1};
};

}  // namespace

// However long the machine has been up.
TEST(Captures, LooksEvery250MillisecondsWhenNothingIsHeard) {
    NotingClock clock;
    clock.pass(std::chrono::hours{24 * 365});
    const model::Schema schema = things();
    auto store = store::open_memory(schema, {.file = "", .node = "us", .incarnation = "1"});
    store::Ledger ledger = node::ledger_of(*store).value();
    node::Database database{{schema, std::move(store), std::move(ledger), system_clock()}, {}};
    const node::Instances instances{database};
    node::Captures captures{database, instances, clock};
    database.start({});
    captures.start();
    clock.waited_thrice.wait();
    captures.stop();
    database.stop();
    for (const auto wait : clock.waits)
        EXPECT_EQ(wait, std::chrono::milliseconds{250});
}

}  // namespace reef::test
