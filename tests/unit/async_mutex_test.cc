#include "base/async_mutex.hpp"

#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <string>
#include <vector>

#include "stopped_clock.hpp"

namespace reef::test {
namespace {

using namespace std::chrono_literals;

// What one coroutine after the other did, and a mutex that they want.
struct Scene {
    asio::io_context io;
    std::unique_ptr<AsyncMutex> mutex = std::make_unique<AsyncMutex>();
    std::vector<std::string> seen;

    void say(const std::string& what) { seen.push_back(what); }
};

using Said = std::vector<std::string>;

// Says that it has the mutex, or why it has not.
asio::awaitable<void> take(Scene* scene, std::string name) {
    auto lock = co_await scene->mutex->lock();
    scene->say(name + (lock ? " has it" : ": " + lock.error().what));
}

asio::awaitable<void> take_within(Scene* scene, Clock* clock, std::string name) {
    auto lock = co_await scene->mutex->lock(*clock, 1s);
    scene->say(name + (lock ? " has it" : ": " + std::string{name_of(lock.error().code)}));
}

// Holds it until the test has let it go.
asio::awaitable<void> hold(Scene* scene, std::optional<AsyncMutex::Lock>* held) {
    auto lock = co_await scene->mutex->lock();
    held->emplace(std::move(*lock));
}

void start(Scene& scene, asio::awaitable<void> work) {
    asio::co_spawn(scene.io, std::move(work), asio::detached);
    scene.io.restart();
    scene.io.poll();
}

void poll(Scene& scene) {
    scene.io.restart();
    scene.io.poll();
}

TEST(AsyncMutex, GoesToThoseThatWaitInTheOrderInWhichTheyCame) {
    Scene scene;
    std::optional<AsyncMutex::Lock> held;
    start(scene, hold(&scene, &held));
    for (const char* name : {"first", "second", "third"})
        start(scene, take(&scene, name));
    EXPECT_EQ(scene.seen, Said{});
    held.reset();
    poll(scene);
    EXPECT_EQ(scene.seen, (Said{"first has it", "second has it", "third has it"}));
    EXPECT_TRUE(scene.mutex->try_lock());
}

// Between the hand-over and the moment when the next one resumes.
TEST(AsyncMutex, LetsNobodySlipIn) {
    Scene scene;
    std::optional<AsyncMutex::Lock> held;
    start(scene, hold(&scene, &held));
    start(scene, take(&scene, "waiter"));
    held.reset();
    EXPECT_FALSE(scene.mutex->try_lock());
    poll(scene);
    EXPECT_TRUE(scene.mutex->try_lock());
}

TEST(AsyncMutex, IsNotWaitedForBeyondTheTimeout) {
    Scene scene;
    HastyClock clock;
    std::optional<AsyncMutex::Lock> held;
    start(scene, hold(&scene, &held));
    start(scene, take_within(&scene, &clock, "late"));
    start(scene, take(&scene, "patient"));
    scene.io.restart();
    while (scene.seen.empty())
        scene.io.run_one();
    EXPECT_EQ(scene.seen, Said{"late: timeout"});
    held.reset();
    poll(scene);
    EXPECT_EQ(scene.seen, (Said{"late: timeout", "patient has it"}));
}

TEST(AsyncMutex, IsLeftByACoroutineThatIsCancelled) {
    Scene scene;
    std::optional<AsyncMutex::Lock> held;
    start(scene, hold(&scene, &held));
    asio::cancellation_signal cancel;
    asio::co_spawn(scene.io, take(&scene, "cancelled"),
                   asio::bind_cancellation_slot(cancel.slot(), asio::detached));
    start(scene, take(&scene, "next"));
    cancel.emit(asio::cancellation_type::terminal);
    poll(scene);
    EXPECT_EQ(scene.seen, Said{"cancelled: the wait was cancelled"});
    held.reset();
    poll(scene);
    EXPECT_EQ(scene.seen, (Said{"cancelled: the wait was cancelled", "next has it"}));
}

TEST(AsyncMutex, MayEndBeforeThoseThatWaitForIt) {
    std::optional<AsyncMutex::Lock> held;
    Scene scene;
    start(scene, hold(&scene, &held));
    start(scene, take(&scene, "waiter"));
    scene.mutex.reset();
    held.reset();
    poll(scene);
    EXPECT_EQ(scene.seen, Said{"waiter has it"});
}

// Their executor ends while one has been handed the mutex, and another one waits.
TEST(AsyncMutex, IsLeftByCoroutinesThatAreDestroyed) {
    AsyncMutex* mutex = nullptr;
    std::unique_ptr<AsyncMutex> kept;
    {
        Scene scene;
        mutex = scene.mutex.get();
        std::optional<AsyncMutex::Lock> held;
        start(scene, hold(&scene, &held));
        start(scene, take(&scene, "first"));
        start(scene, take(&scene, "second"));
        held.reset();
        kept = std::move(scene.mutex);
    }
    EXPECT_TRUE(mutex->try_lock());
}

}  // namespace
}  // namespace reef::test
