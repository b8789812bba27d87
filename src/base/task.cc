#include "base/task.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstdio>
#include <cstdlib>
#include <list>

namespace reef {

struct TaskGroup::State {
    explicit State(const asio::any_io_executor& on)
        : executor(on), all_ended(on, asio::steady_timer::time_point::max()) {}

    struct Running {
        std::string name;
        asio::cancellation_signal cancel;
    };

    asio::any_io_executor executor;
    asio::steady_timer all_ended;  // cancelled when the last one ends
    std::list<Running> running;
};

namespace {

// Cancellation makes co_await throw operation_aborted: that is how a task is asked to end.
void die_unless_cancelled(const std::string& name, const std::exception_ptr& thrown) {
    try {
        std::rethrow_exception(thrown);
    } catch (const boost::system::system_error& error) {
        if (error.code() == asio::error::operation_aborted) return;
        std::fprintf(stderr, "atoll: task \"%s\" failed: %s\n", name.c_str(), error.what());
    } catch (const std::exception& error) {
        std::fprintf(stderr, "atoll: task \"%s\" failed: %s\n", name.c_str(), error.what());
    }
    std::abort();
}

}  // namespace

TaskGroup::TaskGroup(asio::any_io_executor executor) : state_(std::make_shared<State>(executor)) {}

TaskGroup::~TaskGroup() = default;

void TaskGroup::start(std::string name, asio::awaitable<void> work) {
    auto& list = state_->running;
    list.emplace_back();
    const auto task = std::prev(list.end());
    task->name = std::move(name);
    auto ended = [state = state_, task](const std::exception_ptr& thrown) {
        if (thrown) die_unless_cancelled(task->name, thrown);
        state->running.erase(task);
        if (state->running.empty()) state->all_ended.cancel();
    };
    asio::co_spawn(state_->executor, std::move(work),
                   asio::bind_cancellation_slot(task->cancel.slot(), std::move(ended)));
}

void TaskGroup::cancel() {
    // A task that ends at once erases itself: step before the signal.
    for (auto task = state_->running.begin(); task != state_->running.end();) {
        (task++)->cancel.emit(asio::cancellation_type::terminal);
    }
}

asio::awaitable<void> TaskGroup::join() {
    const auto state = state_;
    while (!state->running.empty()) {
        boost::system::error_code woken;
        co_await state->all_ended.async_wait(asio::redirect_error(asio::use_awaitable, woken));
    }
}

asio::awaitable<void> TaskGroup::end() {
    cancel();
    co_await join();
}

std::size_t TaskGroup::size() const {
    return state_->running.size();
}

}  // namespace reef
