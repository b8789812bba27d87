// Runs a task to its end on an io_context of its own.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <optional>
#include <stdexcept>
#include <utility>

#include "base/task.hpp"

namespace reef::test {

template <class T>
T run(asio::awaitable<T> work) {
    asio::io_context context;
    std::optional<T> result;
    asio::co_spawn(context, std::move(work), [&result](std::exception_ptr failed, T value) {
        if (failed) std::rethrow_exception(failed);
        result.emplace(std::move(value));
    });
    context.run();
    if (!result) throw std::logic_error("the task waits for something outside");
    return std::move(*result);
}

inline void run(asio::awaitable<void> work) {
    asio::io_context context;
    asio::co_spawn(context, std::move(work), [](std::exception_ptr failed) {
        if (failed) std::rethrow_exception(failed);
    });
    context.run();
}

// The value of a task that must succeed.
template <class T>
T value_of_task(Task<T> work) {
    Result<T> result = run(std::move(work));
    if (!result) throw std::runtime_error("unexpected: " + result.error().what);
    if constexpr (!std::is_void_v<T>) return std::move(*result);
}

// For EXPECT_TRUE: says what went wrong.
inline testing::AssertionResult succeeded(const Result<void>& done) {
    if (done) return testing::AssertionSuccess();
    return testing::AssertionFailure() << done.error().what;
}

}  // namespace reef::test
