// Task<T>: a coroutine that ends in a Result. TaskGroup: who owns running tasks, and waits for
// them.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <string>

#include "base/result.hpp"

namespace reef {

namespace asio = boost::asio;

template <class T>
using Task = asio::awaitable<Result<T>>;

// Owns coroutines that run on one executor. Every long-lived coroutine belongs to one. All calls
// come from that executor's thread. An exception that escapes a coroutine is a bug: it ends the
// process with a message.
class TaskGroup {
public:
    explicit TaskGroup(asio::any_io_executor executor);
    ~TaskGroup();  // every coroutine must have ended: stop() first
    TaskGroup(const TaskGroup&) = delete;
    TaskGroup& operator=(const TaskGroup&) = delete;

    void start(std::string name, asio::awaitable<void> work);
    void cancel();                 // asks all of them to end: their next co_await throws
    asio::awaitable<void> join();  // returns when all have ended
    asio::awaitable<void> end();   // both
    std::size_t size() const;

private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace reef
