// Runs a task to its end on an io_context of its own.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <exception>
#include <optional>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include "base/task.hpp"

namespace reef::test {

// On a context where other things may wait, too: they get their turns until the task has ended.
template <class T>
T run_on(asio::io_context& context, asio::awaitable<T> work) {
    constexpr std::chrono::seconds patience{60};
    using Ended = std::conditional_t<std::is_void_v<T>, bool, T>;
    std::optional<Ended> result;
    std::exception_ptr thrown;
    const auto end = [&](std::exception_ptr failed, auto... value) {
        thrown = failed;
        if constexpr (sizeof...(value) == 0) {
            result.emplace(true);
        } else {
            (result.emplace(std::move(value)), ...);
        }
    };
    asio::co_spawn(context, std::move(work), end);
    const auto deadline = std::chrono::steady_clock::now() + patience;
    context.restart();
    while (!result && context.run_one_until(deadline) > 0)
        continue;
    if (thrown) std::rethrow_exception(thrown);
    if (!result) throw std::logic_error("the task waits for something outside");
    if constexpr (!std::is_void_v<T>) return std::move(*result);
}

template <class T>
T run(asio::awaitable<T> work) {
    asio::io_context context;
    return run_on(context, std::move(work));
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
