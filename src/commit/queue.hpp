// Those who wait for a commit: each piece of work with the coroutine that hears what became of it.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "base/task.hpp"
#include "commit/work.hpp"

namespace reef::commit {

// A piece of work, and what became of it.
struct Job {
    explicit Job(Work to_do) : work(std::move(to_do)) {}

    Work work;
    Result<Done> done{Error{Errc::closed, "the server is stopping"}};
    Job* whole = nullptr;  // the job that this is a part of, when that one was divided
};

// A job that a coroutine waits for. The coroutine's handler is hidden behind resume().
struct Item : Job {
    using Job::Job;
    virtual ~Item() = default;
    virtual asio::any_io_executor executor() const = 0;
    virtual void resume() = 0;  // on executor(), once, with `done` set
};
using Items = std::vector<std::unique_ptr<Item>>;

// Resumes all who wait on one executor with one post, not with one for each.
void resume_all(Items items);

// push(), close() and size() from any thread, the rest from the executor's.
class Queue {
public:
    Queue(const asio::any_io_executor& executor, std::size_t items_max);

    // Takes the item, or gives the reason and leaves it.
    std::optional<Error> push(std::unique_ptr<Item>& item);

    // Everything that waits, up to a number of rows; empty when closed and drained.
    asio::awaitable<Items> take(std::size_t rows_max);
    // The same without waiting: nothing, where there are less than so many rows.
    Items take_waiting(std::size_t rows_max, std::size_t rows_min = 1);
    // Returns when there are as many since take_waiting() found nothing, and after wake().
    asio::awaitable<void> woken();
    void wake();

    void close();
    std::size_t size() const;

private:
    bool finished() const;

    asio::any_io_executor executor_;
    const std::shared_ptr<asio::steady_timer> woken_;  // a wake-up may come after our end
    const std::size_t items_max_;

    mutable std::mutex mutex_;  // guards what follows
    std::deque<std::unique_ptr<Item>> items_;
    std::size_t rows_ = 0;     // of all of them
    std::size_t wake_at_ = 0;  // so many rows; 0: nobody waits for any
    bool closed_ = false;
};

}  // namespace reef::commit
