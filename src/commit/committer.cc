#include "commit/committer.hpp"

#include <boost/asio/associated_executor.hpp>
#include <iterator>

#include "base/fault.hpp"
#include "base/log.hpp"
#include "commit/load_request.hpp"
#include "commit/queue.hpp"

namespace reef::commit {

using namespace model;

// A piece of an item, on its own way through a batch. Nobody waits for it.
struct Committer::Part final : Item {
    using Item::Item;
    asio::any_io_executor executor() const override { return {}; }
    void resume() override {}
};

namespace {

// It is known that nothing was saved: then it may be decided anew.
bool is_settled(const Error& error) {
    return error.code != Errc::broken && error.code != Errc::outcome_unknown;
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

std::size_t rows_of(const Items& items) {
    std::size_t rows = 0;
    for (const auto& item : items)
        rows += item->rows();
    return rows;
}

}  // namespace

Committer::Committer(CommitterParts parts, CommitOptions options)
    : parts_(std::move(parts)),
      options_(options),
      queue_(std::make_unique<Queue>(parts_.executor, options.queue_writes_max)),
      saving_(parts_.executor) {}

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

Task<Applied> Committer::ingest(ExternalSqlWrites captured) {
    Result<Done> done = co_await enqueue(std::move(captured));
    if (!done) co_return as_told(done.error());
    co_return std::get<Applied>(std::move(*done));
}

Task<ImportResults> Committer::adopt(ForeignRun run) {
    Result<Done> done = co_await enqueue(std::move(run));
    if (!done) co_return done.error();
    co_return std::get<ImportResults>(std::move(*done));
}

// No timer: whoever waits when the last batch is durable is the next batch, if nobody was decided
// on top of that one already.
Task<void> Committer::run() {
    Result<void> done;
    while (done) {
        Turn turn = std::exchange(next_, {});
        if (turn.items.empty()) turn.items = co_await queue_->take(options_.batch_rows_max);
        if (turn.items.empty()) break;  // closed
        ++counts_.batches;
        counts_.items += turn.items.size();
        done = co_await commit_turn(turn);
        if (!done) {
            // Their coroutines belong to other threads: they are left as they are, unanswered.
            for (Items* items : {&turn.items, &next_.items}) {
                for (auto& item : *items)
                    static_cast<void>(item.release());
            }
            break;
        }
        resume_all(std::move(turn.items));
        counts_.waiting = queue_->size();
        if (next_.items.empty()) done = co_await tidy_up();
    }
    co_await saving_.join();
    co_return done;
}

// What the database does when it has the time. Only `broken` goes up.
Task<void> Committer::tidy_up() {
    Result<void> done;
    if (counts_.waiting == 0) done = co_await parts_.writer.on_idle();
    if ((done || done.error().code != Errc::broken) && trim_is_due()) done = co_await trim();
    if (!done && done.error().code == Errc::broken) co_return done;
    co_return Result<void>{};
}

// What was decided on top of the batch before is saved as it is. When something has come between
// the two it is decided again; so is what changes nothing, since nothing would be compared.
Task<void> Committer::commit_turn(Turn& turn) {
    const ItemSpan all{0, turn.items.size()};
    const auto batch = std::move(turn.batch);
    if (batch && has_to_be_saved(*batch)) {
        Result<void> saved = co_await save(*batch, true);
        if (saved) co_return saved;
        if (!is_settled(saved.error())) co_return refuse(turn.items, all, saved.error());
    }
    co_return co_await commit_batch(turn.items, all);
}

void Committer::stop() {
    queue_->close();
}

// Loads what is concerned; and once more, where what was loaded shows that it is not all.
Task<std::unique_ptr<Batch>> Committer::begin_batch(const Items& items, ItemSpan span) {
    next_.batch.reset();  // it was to be the next one
    std::vector<model::RecordRef> lacking;
    for (bool again = false;; again = true) {
        store::LoadRequest wanted;
        wanted.records = std::exchange(lacking, {});
        for (std::size_t i = span.first; i < span.second; ++i)
            add_to_request(parts_.schema, items[i]->work, wanted);
        auto loaded = co_await parts_.writer.begin(std::move(wanted));
        if (!loaded) co_return loaded.error();
        auto batch =
            std::make_unique<Batch>(parts_.schema, std::move(*loaded), parts_.batch_context());
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
    if (!has_to_be_saved(batch)) {
        co_await parts_.writer.release();
        co_return co_await divide_locked(items, span);
    }
    Result<void> durable = co_await save(batch, false);
    if (!durable && durable.error().code == Errc::locked && !again) {
        co_return co_await commit_batch(items, span, true);
    }
    if (!durable && is_about_a_row(durable.error())) {
        co_return co_await bisect(items, span, durable.error());
    }
    if (!durable) co_return refuse(items, span, durable.error());
    co_return co_await divide_locked(items, span);
}

// Not what is only refused, repeated, or to be forwarded home.
bool Committer::has_to_be_saved(const Batch& batch) {
    return batch.changed();
}

Task<void> Committer::save(Batch& batch, bool follows) {
    store::WriteSet saved = batch.finish();
    if (saved.ledger.batch > 0) ++saved.ledger.batch;
    const store::Ledger ledger = saved.ledger;
    const std::size_t letters = saved.dead_letters.size();
    std::vector<RecordRef> joined = batch.take_joined();
    fault_point("commit.before");
    Result<void> durable = co_await write(std::move(saved), follows);
    if (!durable) {
        next_.batch.reset();
        co_return durable;
    }
    fault_point("commit.after");
    counts_.parked += letters;
    parts_.committed(ledger);
    if (parts_.joined && !joined.empty()) parts_.joined(std::move(joined));
    co_return durable;
}

// While the database saves it, those who come are decided on top of it.
Task<void> Committer::write(store::WriteSet saved, bool follows) {
    const bool alone = !parts_.writer.loads_ahead() || !next_.items.empty() || trim_is_due();
    if (!alone) {
        next_.batch = std::make_unique<Batch>(parts_.schema, saved, parts_.batch_context());
    }
    auto writing = follows ? parts_.writer.commit_ahead(std::move(saved))
                           : parts_.writer.commit(std::move(saved));
    if (alone) co_return co_await std::move(writing);
    std::optional<Result<void>> durable;
    saving_.start("save a batch", save_into(std::move(writing), durable));
    while (!durable) {
        const std::size_t decided = rows_of(next_.items);
        Items more;
        if (decided < options_.batch_rows_max)
            more = queue_->take_waiting(options_.batch_rows_max - decided, options_.ahead_rows_min);
        if (more.empty()) {
            co_await queue_->woken();
        } else {
            co_await decide_ahead(std::move(more));
        }
    }
    if (next_.items.empty()) next_.batch.reset();
    co_return *durable;
}

asio::awaitable<void> Committer::save_into(Task<void> writing,
                                           std::optional<Result<void>>& durable) {
    durable = co_await std::move(writing);
    queue_->wake();
}

// Where that is not possible they wait for their turn.
asio::awaitable<void> Committer::decide_ahead(Items more) {
    const std::size_t first = next_.items.size();
    next_.items.insert(next_.items.end(), std::make_move_iterator(more.begin()),
                       std::make_move_iterator(more.end()));
    if (!next_.batch) co_return;
    const bool known = co_await load_ahead(first);
    if (!known) {
        next_.batch.reset();
        co_return;
    }
    for (std::size_t i = first; i < next_.items.size(); ++i)
        next_.items[i]->done = next_.batch->take(next_.items[i]->work);
}

// As begin_batch() loads, for those of the next batch from the first one on.
asio::awaitable<bool> Committer::load_ahead(std::size_t first) {
    std::vector<model::RecordRef> lacking;
    for (bool again = false;; again = true) {
        store::LoadRequest wanted;
        wanted.records = std::exchange(lacking, {});
        for (std::size_t i = first; i < next_.items.size() && !again; ++i)
            add_to_request(parts_.schema, next_.items[i]->work, wanted);
        auto loaded = co_await parts_.writer.load_ahead(std::move(wanted));
        // What other programs wrote comes first in a batch, before all that is decided.
        if (!loaded || !loaded->captured.empty()) co_return false;
        next_.batch->add(std::move(*loaded), parts_.batch_context());
        for (std::size_t i = first; i < next_.items.size() && !again; ++i) {
            for (RecordRef& ref : next_.batch->lacks(next_.items[i]->work))
                lacking.push_back(std::move(ref));
        }
        if (lacking.empty()) co_return true;
    }
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
    } else if (auto* captured = std::get_if<ExternalSqlWrites>(&item.work)) {
        auto& all = captured->records;
        if (all.size() <= 1) {
            log::warn("What another program wrote is left for later", {{"error", error.what}});
            item.done = Done{Applied{}};
            co_return Result<void>{};
        }
        const auto middle = all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2);
        add_part(ExternalSqlWrites{{all.begin(), middle}});
        add_part(ExternalSqlWrites{{middle, all.end()}});
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
        const bool counts = std::holds_alternative<ExternalSqlWrites>(parts[i]->work);
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

bool Committer::trim_is_due() const {
    return parts_.clock.steady() - trimmed_ >= options_.trim_interval;
}

Task<void> Committer::trim() {
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
    if (!*more) trimmed_ = parts_.clock.steady();
    co_return Result<void>{};
}

}  // namespace reef::commit
