#include "commit/committer.hpp"

#include <algorithm>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/redirect_error.hpp>
#include <deque>
#include <mutex>

#include "base/fault.hpp"
#include "base/log.hpp"
#include "commit/wanted.hpp"

namespace reef::commit {

using namespace model;

// One piece of work and who waits for it. The waiting coroutine's handler is hidden behind
// resume().
struct Committer::Item {
    explicit Item(Work to_do) : work(std::move(to_do)) {}
    virtual ~Item() = default;
    virtual asio::any_io_executor executor() const = 0;
    virtual void resume() = 0;  // on executor(), once, with `done` set

    std::size_t rows() const {
        if (const auto* run = std::get_if<ChangeRun>(&work)) return run->entries.size();
        if (const auto* rows = std::get_if<Rows>(&work)) return rows->rows.size();
        if (const auto* letters = std::get_if<Settlement>(&work)) return letters->letters.size();
        if (const auto* captured = std::get_if<CapturedRecords>(&work)) {
            return captured->records.size();
        }
        if (const auto* foreign = std::get_if<ForeignRun>(&work)) return foreign->writes.size();
        return 1;
    }

    Work work;
    Result<Done> done{Error{Errc::closed, "the server is stopping"}};
};

// A piece of an item, on its own way through a batch. Nobody waits for it.
struct Committer::Part final : Committer::Item {
    using Item::Item;
    asio::any_io_executor executor() const override { return {}; }
    void resume() override {}
};

namespace {

// Resumes all who wait on one executor with one post, not with one for each.
template <class Item>
void resume_all(std::vector<std::unique_ptr<Item>> items) {
    while (!items.empty()) {
        const asio::any_io_executor executor = items.front()->executor();
        auto others = std::stable_partition(
            items.begin(), items.end(),
            [&executor](const auto& item) { return item->executor() == executor; });
        std::vector<std::unique_ptr<Item>> here(std::make_move_iterator(items.begin()),
                                                std::make_move_iterator(others));
        items.erase(items.begin(), others);
        asio::post(executor, [ready = std::move(here)] {
            for (const auto& item : ready)
                item->resume();
        });
    }
}

bool is_about_a_row(const Error& error) {
    return error.code == Errc::rejected || error.code == Errc::locked;
}

// How often a write that found its record locked looks again.
constexpr std::chrono::milliseconds locked_pause{10};

// To callers it is one of the reasons to come back later.
Error as_told(Error error) {
    if (error.code == Errc::locked) error.code = Errc::overloaded;
    return error;
}

}  // namespace

// What waits to be committed. push() from any thread, take() from the committer's.
class Committer::Queue {
public:
    Queue(const asio::any_io_executor& executor, std::size_t items_max)
        : executor_(executor),
          woken_(std::make_shared<asio::steady_timer>(executor,
                                                      asio::steady_timer::time_point::max())),
          items_max_(items_max) {}

    // Takes the item, or gives the reason and leaves it.
    std::optional<Error> push(std::unique_ptr<Item>& item) {
        {
            const std::lock_guard lock{mutex_};
            if (closed_) return Error{Errc::closed, "the server is stopping"};
            if (items_.size() >= items_max_) {
                return Error{Errc::overloaded, "too many writes are waiting: try again soon"};
            }
            items_.push_back(std::move(item));
            if (!std::exchange(idle_, false)) return std::nullopt;
        }
        wake();
        return std::nullopt;
    }

    // Everything that waits, up to a number of rows; empty when closed and drained.
    asio::awaitable<Items> take(std::size_t rows_max) {
        for (;;) {
            Items items = take_waiting(rows_max);
            if (!items.empty() || finished()) co_return items;
            boost::system::error_code woken;
            co_await woken_->async_wait(asio::redirect_error(asio::use_awaitable, woken));
        }
    }

    void close() {
        {
            const std::lock_guard lock{mutex_};
            closed_ = true;
            idle_ = false;
        }
        wake();
    }

    std::size_t size() const {
        const std::lock_guard lock{mutex_};
        return items_.size();
    }

private:
    void wake() {
        asio::post(executor_, [woken = woken_] { woken->cancel(); });
    }

    Items take_waiting(std::size_t rows_max) {
        Items taken;
        std::size_t rows = 0;
        const std::lock_guard lock{mutex_};
        while (!items_.empty() && (taken.empty() || rows + items_.front()->rows() <= rows_max)) {
            rows += items_.front()->rows();
            taken.push_back(std::move(items_.front()));
            items_.pop_front();
        }
        idle_ = taken.empty();
        return taken;
    }

    bool finished() const {
        const std::lock_guard lock{mutex_};
        return closed_ && items_.empty();
    }

    asio::any_io_executor executor_;
    const std::shared_ptr<asio::steady_timer> woken_;  // a wake-up may come after our end
    const std::size_t items_max_;

    mutable std::mutex mutex_;  // guards what follows
    std::deque<std::unique_ptr<Item>> items_;
    bool idle_ = false;
    bool closed_ = false;
};

Committer::Committer(CommitterParts parts, CommitOptions options)
    : parts_(std::move(parts)),
      options_(options),
      queue_(std::make_unique<Queue>(parts_.executor, options.queue_writes_max)) {}

Committer::~Committer() = default;

Task<Done> Committer::enqueue(Work work) {
    // The coroutine's handler, kept until its work is done.
    const auto start = [this](auto handler, Work to_do) {
        using Handler = decltype(handler);
        struct Waiting final : Item {
            Waiting(Handler h, Work w) : Item(std::move(w)), handler(std::move(h)) {}
            asio::any_io_executor executor() const override {
                return asio::get_associated_executor(handler);
            }
            void resume() override {
                Handler call = std::move(handler);
                std::move(call)(std::move(done));
            }
            Handler handler;
        };
        std::unique_ptr<Item> item =
            std::make_unique<Waiting>(std::move(handler), std::move(to_do));
        if (auto refused = queue_->push(item)) {
            if (refused->code == Errc::overloaded) ++counts_.refused_full;
            item->done = std::move(*refused);
            Items alone;
            alone.push_back(std::move(item));
            resume_all(std::move(alone));
        }
    };
    auto waiting = asio::async_initiate<const asio::use_awaitable_t<>, void(Result<Done>)>(
        start, asio::use_awaitable, std::move(work));
    Result<Done> done = co_await std::move(waiting);
    co_return done;
}

// Whoever has locked the record nearly always lets go of it at once: then the write goes on.
Task<Outcome> Committer::submit(Intent intent) {
    const auto deadline = parts_.clock.steady() + options_.locked_wait;
    for (;;) {
        Work work = intent;
        Result<Done> done = co_await enqueue(std::move(work));
        if (done) co_return std::get<Outcome>(std::move(*done));
        const bool locked = done.error().code == Errc::locked;
        if (!locked || parts_.clock.steady() >= deadline) co_return as_told(done.error());
        Result<void> slept = co_await parts_.clock.sleep(locked_pause);
        if (!slept) co_return slept.error();
    }
}

Task<Applied> Committer::apply(ChangeRun run) {
    Result<Done> done = co_await enqueue(std::move(run));
    if (!done) co_return as_told(done.error());
    co_return std::get<Applied>(std::move(*done));
}

Task<Applied> Committer::load(Rows rows) {
    Result<Done> done = co_await enqueue(std::move(rows));
    if (!done) co_return as_told(done.error());
    co_return std::get<Applied>(*done);
}

Task<Applied> Committer::settle(Settlement settlement) {
    Result<Done> done = co_await enqueue(std::move(settlement));
    if (!done) co_return as_told(done.error());
    co_return std::get<Applied>(std::move(*done));
}

Task<Applied> Committer::take_in(CapturedRecords captured) {
    Result<Done> done = co_await enqueue(std::move(captured));
    if (!done) co_return as_told(done.error());
    co_return std::get<Applied>(std::move(*done));
}

Task<ForeignFates> Committer::adopt(ForeignRun run) {
    Result<Done> done = co_await enqueue(std::move(run));
    if (!done) co_return done.error();
    co_return std::get<ForeignFates>(std::move(*done));
}

// No timer: whoever is waiting when the last batch is durable is the next batch.
Task<void> Committer::run() {
    for (;;) {
        Items items = co_await queue_->take(options_.batch_rows_max);
        if (items.empty()) co_return Result<void>{};  // closed
        ++counts_.batches;
        counts_.items += items.size();
        const ItemSpan all{0, items.size()};
        Result<void> done = co_await commit_batch(items, all);
        if (!done) {
            // Their coroutines belong to other threads: they are left as they are, unanswered.
            for (auto& item : items)
                static_cast<void>(item.release());
            co_return done;
        }
        resume_all(std::move(items));
        counts_.waiting = queue_->size();
        if (counts_.waiting == 0) {
            done = co_await parts_.writer.rest();
            if (!done && done.error().code == Errc::broken) co_return done;
        }
        done = co_await trim_if_due();
        if (!done && done.error().code == Errc::broken) co_return done;
    }
}

void Committer::stop() {
    queue_->close();
}

// Loads what is concerned; and once more, where what was loaded shows that it is not all.
Task<std::unique_ptr<Batch>> Committer::begin_batch(const Items& items, ItemSpan span) {
    std::vector<model::RecordRef> lacking;
    for (bool again = false;; again = true) {
        store::Wanted wanted;
        wanted.records = std::exchange(lacking, {});
        for (std::size_t i = span.first; i < span.second; ++i)
            add_wanted(parts_.schema, items[i]->work, wanted);
        auto loaded = co_await parts_.writer.begin(std::move(wanted));
        if (!loaded) co_return loaded.error();
        auto batch =
            std::make_unique<Batch>(parts_.schema, std::move(*loaded), parts_.surroundings());
        for (std::size_t i = span.first; i < span.second && !again; ++i) {
            for (model::RecordRef& ref : batch->lacks(items[i]->work))
                lacking.push_back(std::move(ref));
        }
        if (lacking.empty()) co_return batch;
        co_await parts_.writer.release();
    }
}

Task<void> Committer::commit_batch(Items& items, ItemSpan span, bool again) {
    auto begun = co_await begin_batch(items, span);
    if (!begun && begun.error().code == Errc::rejected) {
        co_return co_await bisect(items, span, begun.error());
    }
    if (!begun) co_return refuse(items, span, begun.error());  // nothing happened

    // From here to finish() all is pure.
    Batch& batch = **begun;
    for (std::size_t i = span.first; i < span.second; ++i) {
        items[i]->done = batch.take(items[i]->work);
    }
    if (!batch.changed() ||
        fault_planted("commit.drop")) {  // refused, repeated, or to be forwarded home
        co_await parts_.writer.release();
        co_return co_await divide_locked(items, span);
    }
    store::Saved saved = batch.finish();
    if (saved.ledger.batch > 0) ++saved.ledger.batch;
    const store::Ledger ledger = saved.ledger;
    const std::size_t letters = saved.dead_letters.size();
    std::vector<RecordRef> joined = batch.take_joined();
    fault_point("commit.before");
    Result<void> durable = co_await parts_.writer.commit(std::move(saved));
    if (!durable && durable.error().code == Errc::locked && !again) {
        co_return co_await commit_batch(items, span, true);
    }
    if (!durable && is_about_a_row(durable.error())) {
        co_return co_await bisect(items, span, durable.error());
    }
    if (!durable) co_return refuse(items, span, durable.error());
    fault_point("commit.after");
    counts_.parked += letters;
    parts_.committed(ledger);
    if (parts_.joined && !joined.empty()) parts_.joined(std::move(joined));
    co_return co_await divide_locked(items, span);
}

// Of what could not be done for the sake of one locked record, the rest is.
Task<void> Committer::divide_locked(Items& items, ItemSpan span) {
    for (std::size_t i = span.first; i < span.second; ++i) {
        Item& item = *items[i];
        if (item.done || item.done.error().code != Errc::locked) continue;
        const Error error = item.done.error();
        Result<void> done = co_await divide(item, error);
        if (!done) co_return done;
    }
    co_return Result<void>{};
}

// The database refused one row, or another program has locked it: it is that item's fault, not its
// neighbours'.
Task<void> Committer::bisect(Items& items, ItemSpan span, Error error) {
    const std::size_t count = span.second - span.first;
    if (count == 1) co_return co_await divide(*items[span.first], error);
    ++counts_.bisected;
    const std::size_t middle = span.first + count / 2;
    const ItemSpan lower{span.first, middle};
    const ItemSpan upper{middle, span.second};
    Result<void> first = co_await commit_batch(items, lower);
    if (!first) co_return first;
    co_return co_await commit_batch(items, upper);
}

// Of one item: a run of changes or a snapshot's rows down to the one that is refused, which is
// parked. In order, since changes leave no holes.
Task<void> Committer::divide(Item& item, Error error) {
    Items parts;
    const auto add_part = [&parts](Work work) {
        parts.push_back(std::make_unique<Part>(std::move(work)));
    };
    if (auto* run = std::get_if<ChangeRun>(&item.work)) {
        auto& entries = run->entries;
        if (entries.size() > 1) {
            const auto middle = entries.begin() + static_cast<std::ptrdiff_t>(entries.size() / 2);
            add_part(ChangeRun{
                {std::make_move_iterator(entries.begin()), std::make_move_iterator(middle)}});
            add_part(ChangeRun{
                {std::make_move_iterator(middle), std::make_move_iterator(entries.end())}});
        } else if (entries.front().refused.empty()) {
            entries.front().refused = error.what;
            entries.front().may_pass = true;
            add_part(std::move(*run));
        }
    } else if (auto* rows = std::get_if<Rows>(&item.work); rows && rows->parks) {
        auto& all = rows->rows;
        if (all.size() > 1) {
            Rows first;
            first.parks = true;
            const auto middle = all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2);
            first.rows.assign(std::make_move_iterator(all.begin()),
                              std::make_move_iterator(middle));
            all.erase(all.begin(), middle);
            add_part(std::move(first));
            add_part(std::move(*rows));  // what goes with the last row goes with it
        } else if (all.size() == 1 && rows->refused.empty()) {
            rows->refused = error.what;
            add_part(std::move(*rows));
        }
    } else if (auto* captured = std::get_if<CapturedRecords>(&item.work)) {
        auto& all = captured->records;
        if (all.size() <= 1) {
            log::warn("What another program wrote is left for later", {{"error", error.what}});
            item.done = Done{Applied{}};
            co_return Result<void>{};
        }
        const auto middle = all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2);
        add_part(CapturedRecords{{all.begin(), middle}});
        add_part(CapturedRecords{{middle, all.end()}});
    }
    if (parts.empty()) {
        item.done = error;
        co_return Result<void>{};
    }
    ++counts_.bisected;
    co_return co_await commit_parts(item, std::move(parts));
}

Task<void> Committer::commit_parts(Item& item, Items parts) {
    Applied all;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        const ItemSpan one{i, i + 1};
        Result<void> done = co_await commit_batch(parts, one);
        if (!done) co_return done;
        if (!parts[i]->done) {
            item.done = parts[i]->done.error();
            co_return Result<void>{};
        }
        Applied& applied = std::get<Applied>(*parts[i]->done);
        const bool counts = std::holds_alternative<CapturedRecords>(parts[i]->work);
        all.received = applied.received + (counts ? all.received : 0);
        all.parked.insert(all.parked.end(), applied.parked.begin(), applied.parked.end());
    }
    item.done = Done{std::move(all)};
    co_return Result<void>{};
}

// Everyone hears the same; `broken` goes up and ends the process.
Result<void> Committer::refuse(Items& items, ItemSpan span, const Error& error) {
    if (error.code == Errc::broken) return error;
    for (std::size_t i = span.first; i < span.second; ++i)
        items[i]->done = error;
    return {};
}

Task<void> Committer::trim_if_due() {
    const auto now = parts_.clock.steady();
    if (now - trimmed_ < options_.trim_interval) co_return Result<void>{};
    const auto before = [wall = parts_.clock.now()](std::chrono::seconds kept) {
        return Time{wall.us - std::chrono::microseconds{kept}.count()};
    };
    store::TrimLimits limits;
    limits.requests_before = before(options_.request_ids_kept);
    limits.requests_max = options_.request_ids_max;
    limits.log_before = before(options_.log_kept);
    limits.log_bytes_max = options_.log_bytes_max;
    Result<bool> more = co_await parts_.writer.trim(limits);
    if (!more) co_return more.error();
    if (!*more) trimmed_ = now;
    co_return Result<void>{};
}

}  // namespace reef::commit
