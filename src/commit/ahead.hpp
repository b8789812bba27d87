// Decides the next batch while the database saves the one before.
//
// A batch is decided under the store's batch lock, which the one before holds until it is durable.
// Deciding without that lock is sound for four reasons:
//
// 1. It stands on the batch before as if that one were durable. When that one fails, what was
//    decided on top of it is thrown away, and decided again under the lock.
// 2. What it needs beside that is read on a second connection, as things stand before or after that
//    commit. Both are right: the batch before wrote every row that differs between the two, and
//    rows of that batch are never taken from what was read.
// 3. It is saved by Writer::commit_ahead, which compares what it stands on (the number of the batch
//    before, the lease, the mark of each row that was read) in the transaction that saves it. When
//    another process or program has come between, nothing is saved, and it is decided again.
// 4. Nobody is answered before everything that he was told of is durable: the batches are saved in
//    order, and the answers of each go out when it is.
//
// A batch that changes nothing would be compared with nothing: it is decided again, under the lock.
#pragma once

#include <memory>
#include <optional>
#include <utility>

#include "base/task.hpp"
#include "commit/batch.hpp"
#include "commit/id_allocation.hpp"
#include "commit/queue.hpp"
#include "store/store.hpp"

namespace reef::commit {

struct CommitterParts;
struct CommitOptions;

// Those who are answered together, and the batch in which all of them are decided, if one is.
struct Turn {
    Items items;
    std::unique_ptr<Batch> batch;
};

class Ahead {
public:
    Ahead(const CommitterParts& parts, const CommitOptions& options, Queue& queue,
          SearchedNumbers& searched);

    // Those who came while the last batch was saved. Empty: nobody did.
    Turn take() { return std::exchange(next_, {}); }
    bool is_empty() const { return next_.items.empty(); }

    // Saves a batch, `on_top` when it was itself decided ahead. Where `decides`, those who come
    // meanwhile are decided on top of it.
    Task<void> save(store::WriteSet saved, bool on_top, bool decides);
    // Another batch comes between: those who were decided wait for their turn under the lock.
    void forget() { next_.batch.reset(); }

    // Returns when no save is under way.
    asio::awaitable<void> join() { return saving_.join(); }

private:
    Task<void> start(store::WriteSet saved, bool on_top);
    asio::awaitable<void> save_into(Task<void> writing, std::optional<Result<void>>& durable);
    Items take_waiting();
    asio::awaitable<void> decide(Items more);
    asio::awaitable<bool> load(std::size_t first);

    const CommitterParts& parts_;
    const CommitOptions& options_;
    Queue& queue_;
    SearchedNumbers& searched_;
    Turn next_;
    TaskGroup saving_;  // one at most
};

}  // namespace reef::commit
