#include "commit/committer.hpp"

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <iterator>

#include "base/fault.hpp"
#include "base/log.hpp"
#include "commit/ahead.hpp"
#include "commit/pieces.hpp"
#include "commit/queue.hpp"

namespace reef::commit {

using namespace model;

namespace {

bool is(const Result<void>& done, Errc code) {
    return !done && done.error().code == code;
}

// How often a write that found its record locked looks again.
constexpr std::chrono::milliseconds locked_pause{10};

// To callers it is one of the reasons to come back later.
Error as_told(Error error) {
    if (error.code == Errc::locked) error.code = Errc::overloaded;
    return error;
}

}  // namespace

Committer::Committer(CommitterParts parts, CommitOptions options)
    : parts_(std::move(parts)),
      options_(options),
      queue_(std::make_unique<Queue>(parts_.executor, options.queue_writes_max)),
      ahead_(std::make_unique<Ahead>(parts_, options_, *queue_, searched_)) {}

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
        Work work = ClientWrite{intent};
        Result<Done> done = co_await enqueue(std::move(work));
        if (done) co_return std::get<Outcome>(std::move(*done));
        const bool locked = done.error().code == Errc::locked;
        if (!locked || parts_.clock.steady() >= deadline) co_return as_told(done.error());
        Result<void> slept = co_await parts_.clock.sleep(locked_pause);
        if (!slept) co_return slept.error();
    }
}

Task<Applied> Committer::enqueue_applied(Work work) {
    Result<Done> done = co_await enqueue(std::move(work));
    if (!done) co_return as_told(done.error());
    co_return std::get<Applied>(std::move(*done));
}

Task<Applied> Committer::apply(ChangeRun run) {
    return enqueue_applied(std::move(run));
}

Task<Applied> Committer::load(Rows rows) {
    return enqueue_applied(std::move(rows));
}

Task<Applied> Committer::settle(Settlement settlement) {
    return enqueue_applied(std::move(settlement));
}

Task<Applied> Committer::start(RunStart run) {
    return enqueue_applied(std::move(run));
}

Task<Applied> Committer::ingest(ExternalSqlWrites captured) {
    return enqueue_applied(std::move(captured));
}

Task<ImportResults> Committer::adopt(ForeignRun run) {
    Result<Done> done = co_await enqueue(std::move(run));
    if (!done) co_return done.error();
    co_return std::get<ImportResults>(std::move(*done));
}

Task<Claimed> Committer::claim(ValueClaim wanted) {
    Result<Done> done = co_await enqueue(std::move(wanted));
    if (!done) co_return as_told(done.error());
    co_return std::get<Claimed>(std::move(*done));
}

// No timer: whoever waits when the last batch is durable is the next batch, if nobody was decided
// on top of that one already.
Task<void> Committer::run() {
    Result<void> done;
    while (done) {
        Turn turn = ahead_->take();
        if (turn.items.empty()) turn.items = co_await queue_->take(options_.batch_rows_max);
        if (turn.items.empty()) break;  // closed
        ++counts_.batches;
        counts_.items += turn.items.size();
        counts_.saving_since = parts_.clock.steady().count();
        done = co_await commit_turn(turn);
        counts_.saving_since = 0;
        if (!done) {
            leave_unanswered(std::move(turn.items));
            leave_unanswered(ahead_->take().items);
            break;
        }
        resume_all(std::move(turn.items));
        counts_.waiting = queue_->size();
        if (ahead_->is_empty()) done = co_await tidy_up();
    }
    co_await ahead_->join();
    co_return done;
}

void Committer::stop() {
    queue_->close();
}

// What was decided ahead is saved as it is. When nothing was saved, it is decided again, as
// everything else is: piece by piece.
Task<void> Committer::commit_turn(Turn& turn) {
    PiecesLeft left{turn.items};
    bool away = false;  // the database
    if (turn.batch && turn.batch->changed()) {
        Result<void> durable = co_await save(*turn.batch, true);
        if (is(durable, Errc::broken)) co_return durable;
        if (durable) left.finish(left.next());
        if (is(durable, Errc::outcome_unknown)) left.refuse(left.next(), durable.error());
    }
    turn.batch.reset();
    for (Piece piece = left.next(); !piece.empty(); piece = left.next()) {
        Result<void> durable = co_await commit(piece);
        // Locked: by another program since it was loaded. The second time it is known by whom.
        if (is(durable, Errc::locked)) durable = co_await commit(piece);
        if (is(durable, Errc::broken)) co_return durable;
        if (durable) {
            left.finish(piece);
        } else if (is(durable, Errc::locked) || is(durable, Errc::rejected)) {
            left.divide(piece, durable.error());
        } else {
            away = true;
            left.refuse(piece, durable.error());
        }
    }
    counts_.failing = away;
    counts_.bisected += left.divisions();
    co_return Result<void>{};
}

// Load, decide, save. The answers go out when the whole turn is durable.
Task<void> Committer::commit(const Piece& piece) {
    auto loaded = co_await load_batch(piece);
    if (!loaded) co_return loaded.error();
    Batch& batch = **loaded;
    for (Job* job : piece)
        job->done = batch.take(job->work);
    if (!batch.changed()) {  // only refused, repeated, or to be forwarded home
        co_await parts_.writer.release();
        co_return Result<void>{};
    }
    co_return co_await save(batch, false);
}

// What the piece is about; and once more, where what was loaded shows that it is not all. As often
// as it takes, where numbers for new records are taken.
Task<std::unique_ptr<Batch>> Committer::load_batch(const Piece& piece) {
    ahead_->forget();
    std::vector<RecordRef> lacking;
    NumberSearch numbers{parts_.schema, parts_.batch_context().node_index, searched_};
    for (bool again = false;; again = true) {
        store::LoadRequest request;
        request.records = lacking;
        for (const Job* job : piece)
            add_to_request(parts_.schema, job->work, request);
        numbers.ask(request);
        auto loaded = co_await parts_.writer.begin(std::move(request));
        if (!loaded) co_return loaded.error();
        auto batch =
            std::make_unique<Batch>(parts_.schema, std::move(*loaded), parts_.batch_context());
        for (std::size_t i = 0; i < piece.size() && !again; ++i) {
            for (RecordRef& ref : batch->lacks(piece[i]->work))
                lacking.push_back(std::move(ref));
        }
        const bool enough = numbers.is_enough(*batch);
        if (enough && (again || lacking.empty())) co_return batch;
        co_await parts_.writer.release();
    }
}

Task<void> Committer::save(Batch& batch, bool on_top) {
    store::WriteSet saved = batch.finish();
    if (saved.ledger.batch > 0) ++saved.ledger.batch;
    const store::Ledger ledger = saved.ledger;
    const std::size_t letters = saved.dead_letters.size();
    std::vector<RecordRef> joined = batch.take_joined();
    if (parts_.may_save) {
        if (auto good = parts_.may_save(ledger); !good) {
            if (!on_top) co_await parts_.writer.release();
            co_return good;
        }
    }
    watch_limits(saved);
    fault_point("commit.before");
    Result<void> durable = co_await ahead_->save(std::move(saved), on_top, !trim_is_due());
    if (!durable) co_return durable;
    fault_point("commit.after");
    counts_.parked += letters;
    parts_.committed(ledger);
    if (parts_.joined && !joined.empty()) parts_.joined(std::move(joined));
    co_return durable;
}

void Committer::watch_limits(const store::WriteSet& saved) {
    std::size_t longest = counts_.vector_entries;
    for (const auto& [row, hash] : saved.rows)
        longest = std::max(longest, row.vector.entries().size());
    counts_.vector_entries = longest;
    const std::size_t origins = saved.ledger.origins.size() - saved.ledger.retired().size();
    if (is_near_limit(origins, position_entries_max) && !std::exchange(told_of_origins_, true)) {
        log::warn("Many lives of stores are known here: retire those that ended (atoll retire)",
                  {{"lives", origins}, {"max", position_entries_max}});
    }
    if (is_near_limit(longest, vector_entries_max) && !std::exchange(told_of_vectors_, true)) {
        log::warn("A record was written by many lives of stores",
                  {{"lives", longest}, {"max", vector_entries_max}});
    }
}

// Their coroutines belong to other threads, which the end of the process stops: nothing of them may
// be touched, and nobody hears anything.
void Committer::leave_unanswered(Items items) {
    for (auto& item : items)
        static_cast<void>(item.release());
}

// What the database does when it has the time. Only `broken` goes up.
Task<void> Committer::tidy_up() {
    Result<void> done;
    if (counts_.waiting == 0) done = co_await parts_.writer.on_idle();
    if (!is(done, Errc::broken) && trim_is_due()) done = co_await trim();
    if (is(done, Errc::broken)) co_return done;
    co_return Result<void>{};
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
    if (options_.events_kept)
        limits.events = {before(*options_.events_kept), options_.events_bytes_max};
    Result<bool> more = co_await parts_.writer.trim(limits);
    if (!more) co_return more.error();
    if (!*more) trimmed_ = parts_.clock.steady();
    co_return Result<void>{};
}

}  // namespace reef::commit
