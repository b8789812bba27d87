// The committer: every change to a row, local or remote, passes here. Takes what is waiting, loads
// what is concerned, decides in memory, saves all in one durable transaction, then answers each.
// While a database saves one batch, the next one is decided on top of it, and saved after it, if
// nobody else has come between the two.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "commit/batch.hpp"
#include "commit/id_allocation.hpp"
#include "store/store.hpp"

namespace reef::commit {

class Ahead;
class Queue;
struct Item;
struct Job;
struct Turn;
using Items = std::vector<std::unique_ptr<Item>>;
using Piece = std::vector<Job*>;

struct CommitOptions {
    std::uint32_t queue_writes_max = 10'000;  // waiting: beyond it `overloaded`
    std::uint32_t batch_rows_max = 512;
    std::uint32_t ahead_rows_min = 8;  // for fewer it costs more than it brings
    std::chrono::milliseconds trim_interval{1000};
    std::chrono::seconds request_ids_kept{24 * 3600};
    std::uint64_t request_ids_max = 10'000'000;
    std::chrono::seconds log_kept{7 * 24 * 3600};
    std::uint64_t log_bytes_max = std::uint64_t{4} << 30;
    std::optional<std::chrono::seconds> events_kept = {};  // absent: those that are there stay
    std::uint64_t events_bytes_max = std::uint64_t{4} << 30;
    std::chrono::milliseconds locked_wait{250};  // of a write, for a record that others hold
};

// For metrics; readable from any thread.
struct CommitCounts {
    std::atomic<std::uint64_t> batches{0};
    std::atomic<std::uint64_t> items{0};
    std::atomic<std::uint64_t> waiting{0};
    std::atomic<std::uint64_t> refused_full{0};
    std::atomic<std::uint64_t> bisected{0};
    std::atomic<std::uint64_t> parked{0};
    std::atomic<std::uint64_t> vector_entries{0};  // of the longest vector that was saved
    std::atomic<bool> failing{false};  // the database was away when something was to be saved
    // By the steady clock, since when something is being saved; 0: nothing is.
    std::atomic<std::int64_t> saving_since{0};
};

struct CommitterParts {
    const model::Schema& schema;
    store::Writer& writer;
    Clock& clock;
    asio::any_io_executor executor;               // the committer's own thread
    std::function<BatchContext()> batch_context;  // asked whenever something was loaded, there
    std::function<void(const store::Ledger&)> committed;  // after each durable batch, there too
    // Before each batch is saved, there too: unavailable: it must not be.
    std::function<Result<void>(const store::Ledger&)> may_save = {};
    // The same, with the rows that a batch made of two states which lacked each other's writes.
    std::function<void(std::vector<model::RecordRef>)> joined = {};
};

class Committer {
public:
    Committer(CommitterParts parts, CommitOptions options);
    ~Committer();

    // From any thread; resumes the caller on its own executor, after the commit is durable.
    // overloaded: the queue is full, or another program holds the record. unavailable: nothing
    // happened. rejected: the database refused this item; a change among others, or a row of a
    // snapshot, is parked instead (Applied says which), and the others go on. closed: the committer
    // has stopped; whether it happened is not known to the caller. invalid: the record cannot be
    // read.
    Task<model::Outcome> submit(model::Intent intent);
    // overloaded: too many claims are open.
    Task<Claimed> claim(ValueClaim wanted);
    Task<Applied> apply(ChangeRun run);
    Task<Applied> load(Rows rows);
    Task<Applied> settle(Settlement settlement);
    Task<Applied> start(RunStart run);
    // Records that are locked, or that the database refuses, are left for the next time.
    Task<Applied> ingest(ExternalSqlWrites captured);
    // rejected: the database refuses one of them; locked: another program has locked the record of
    // one. Then none is adopted.
    Task<ImportResults> adopt(ForeignRun run);

    // Runs until stop(), or until durable storage fails: then returns `broken`, nobody waiting is
    // answered, and the process must end.
    Task<void> run();
    // From any thread: what waits is still committed, what comes later is refused.
    void stop();

    const CommitCounts& counts() const { return counts_; }

private:
    Task<Done> enqueue(Work work);
    Task<Applied> enqueue_applied(Work work);
    Task<void> commit_turn(Turn& turn);
    Task<void> commit(const Piece& piece);
    Task<std::unique_ptr<Batch>> load_batch(const Piece& piece);
    Task<void> save(Batch& batch, bool on_top);
    void watch_limits(const store::WriteSet& saved);
    static void leave_unanswered(Items items);
    Task<void> tidy_up();
    bool trim_is_due() const;
    Task<void> trim();

    const CommitterParts parts_;
    const CommitOptions options_;
    CommitCounts counts_;
    SearchedNumbers searched_;
    const std::unique_ptr<Queue> queue_;
    const std::unique_ptr<Ahead> ahead_;
    std::chrono::nanoseconds trimmed_{0};
    bool told_of_origins_ = false;  // each once
    bool told_of_vectors_ = false;
};

}  // namespace reef::commit
