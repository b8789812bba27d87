#include "store/postgres/writer.hpp"

#include <boost/asio/redirect_error.hpp>
#include <cassert>
#include <random>

#include "base/log.hpp"
#include "store/postgres/conflict_log.hpp"
#include "store/postgres/ledger.hpp"
#include "store/postgres/link.hpp"
#include "store/postgres/load_commands.hpp"
#include "store/postgres/row.hpp"
#include "store/postgres/trim.hpp"

namespace reef::store::postgres {

namespace {

using Clock = std::chrono::steady_clock;

// For so long the writer looks for the outcome of a commit; then it answers that it is unknown.
constexpr std::chrono::seconds settle_timeout{10};
constexpr std::chrono::milliseconds settle_pause{50};

// The node's other processes hold the store's lock in turn. The server ends the transaction of one
// that stops while it holds the lock.
constexpr const char* batch_lock_timeout = "5s";
constexpr const char* stopped_timeout = "1500ms";

// A batch waits so long for a row that another program has locked, and fails then. It also fails
// when another program changed a row after the batch had loaded it. For a while after either,
// batches lock the rows that they load and leave out those that others have locked, so that they
// neither wait nor fail.
constexpr const char* lock_timeout = "SET LOCAL lock_timeout = '20ms'";
constexpr std::chrono::seconds sharing_remembered{2};

// When another process or program has written between two batches, it will do so again soon: for a
// while no batch is decided ahead.
constexpr std::chrono::seconds overtaken_remembered{2};

// The clients of the batch before get their answers only after load_ahead() has returned: it gives
// up early.
constexpr std::chrono::seconds load_ahead_timeout{1};

ConnectionOptions writing(ConnectionOptions options, const char* name) {
    options.name += name;
    // Every statement finds rows by their keys. Its best plan never changes, so the server makes it
    // once. Only plain index scans are allowed: they also mark index entries of removed rows as
    // dead, which bitmap scans never do.
    for (const char* off :
         {"enable_seqscan", "enable_bitmapscan", "enable_hashjoin", "enable_mergejoin"})
        options.settings.emplace_back(off, "off");
    options.settings.emplace_back("plan_cache_mode", "force_generic_plan");
    options.settings.push_back(own_writes);
    options.settings.emplace_back("lock_timeout", batch_lock_timeout);
    options.settings.emplace_back("idle_in_transaction_session_timeout", stopped_timeout);
    return options;
}

ConnectionOptions loading_ahead(ConnectionOptions options) {
    options = writing(std::move(options), " look-ahead");
    options.settings.emplace_back("lock_timeout", "20ms");
    options.connect_timeout = options.answer_timeout = load_ahead_timeout;
    return options;
}

// What the newest batch wrote. A batch that is decided ahead of its commit recognizes these rows by
// it.
struct Written {
    explicit Written(const WriteSet& saved) {
        for (const SavedRow& row : saved.rows)
            records.emplace(row.row.ref(), row.row.alive());
        for (const RecordRef& ref : saved.erased)
            records.emplace(ref, false);
        for (const auto& [id, seen] : saved.requests)
            requests.push_back(id);
    }
    boost::unordered_flat_map<RecordRef, bool, std::hash<RecordRef>> records;  // whether it lives
    std::vector<RequestId> requests;
    std::string mark;  // of the rows it wrote; "" until the commit's answer tells it
};

Commands commands_of(std::initializer_list<Command> list) {
    return {list};
}

class PostgresWriter final : public Writer {
public:
    PostgresWriter(const asio::any_io_executor& executor, const Schema& schema,
                   const std::vector<RowStatements>& statements, const ConnectionOptions& options)
        : executor_(executor),
          schema_(schema),
          statements_(statements),
          process_(options.process),
          link_(executor, writing(options, " writer")),
          ahead_(executor, loading_ahead(options)) {}

    Task<LoadResult> begin(LoadRequest wanted) override {
        assert(!batch_);
        const LoadCommands questions{schema_, std::move(wanted)};
        const bool asks_conflicts = any_conflicts();
        Commands commands = opening();
        const std::size_t first = commands.size();
        locking_ = Clock::now() < locking_until_;
        questions.append_to(commands, statements_, locking_, asks_conflicts);
        auto answers = co_await open_batch(std::move(commands));
        if (!answers) co_return answers.error();
        LoadResult loaded;
        const auto done = questions.read(*answers, first, locking_, asks_conflicts, loaded, found_);
        if (!done) {
            end_batch();
            // The committer halves the batch until only the unreadable record is refused.
            co_return Error{Errc::rejected, done.error().what};
        }
        loaded.ledger = known_.ledger;
        if (!asks_conflicts && any_conflicts()) {  // another process has listed the first ones
            Commands late;
            questions.append_conflicts(late);
            auto listed = co_await batch_->run(std::move(late));
            if (!listed) {
                end_batch();
                co_return Error{Errc::unavailable, listed.error().what};
            }
            questions.read_conflicts_of(listed->front(), loaded);
        }
        co_return loaded;
    }

    Task<void> commit(WriteSet saved) override {
        assert(batch_);
        looked_ = {};
        Commands nothing;
        Result<void> done = co_await save(std::move(nothing), std::move(saved));
        if (done) co_return done;
        Error error = done.error();
        // Nobody can have changed rows that this batch has locked: a constraint refused them.
        if (error.code == Errc::conflict) error.code = locking_ ? Errc::rejected : Errc::locked;
        if (error.code == Errc::locked) locking_until_ = Clock::now() + sharing_remembered;
        co_return error;
    }

    bool loads_ahead() const override {
        const auto now = Clock::now();
        return now >= ahead_from_ && now >= locking_until_;
    }

    Task<LoadResult> load_ahead(LoadRequest wanted) override {
        Result<LoadResult> loaded = co_await try_load_ahead(std::move(wanted));
        if (!loaded) ahead_from_ = Clock::now() + overtaken_remembered;
        co_return loaded;
    }

    // All in one round trip.
    Task<void> commit_ahead(WriteSet saved) override {
        assert(!batch_ && written_);
        found_ = found_ahead();  // from here on load_ahead() loads for the next batch
        locking_ = false;
        auto connection = co_await link_.ready();
        if (!connection) co_return connection.error();
        batch_ = std::move(*connection);
        Commands commands = commands_of(
            {{"BEGIN"}, lock_command(), unchanged_command(known_.mark.token, known_.ledger.lease)});
        Result<void> done = co_await save(std::move(commands), std::move(saved));
        if (done || done.error().code == Errc::rejected) co_return done;
        Error error = done.error();
        ahead_from_ = Clock::now() + overtaken_remembered;
        if (error.code == Errc::locked) locking_until_ = Clock::now() + sharing_remembered;
        if (error.code == Errc::conflict) error.code = Errc::locked;
        co_return error;
    }

    asio::awaitable<void> release() override {
        assert(batch_);
        end_batch();
        co_return;
    }

    Task<bool> trim(TrimLimits limits) override;
    Task<void> on_idle() override { co_return Result<void>{}; }

private:
    // Takes the store's lock and asks for the ledger, if it is no longer the known one.
    Commands opening() const {
        return commands_of({{"BEGIN"}, lock_command(), newest_command(known_.mark)});
    }

    Task<Answers> open_batch(Commands commands);
    Task<LoadResult> try_load_ahead(LoadRequest wanted);
    Task<void> save(Commands commands, WriteSet saved);
    Task<Answers> close_batch(Commands commands, BatchRow row);
    Found found_ahead();
    Result<void> read_ledger(const Answer& answer);
    Task<Answers> settle(BatchRow row);
    Task<bool> was_saved(BatchMark mark);
    Task<Expired> find_expired(TrimLimits limits);
    void append_save(Commands& commands, const WriteSet& saved, std::uint64_t& last_request) const;
    void append_conflicts(Commands& commands, const WriteSet& saved) const;
    bool any_conflicts() const {
        return known_.ledger.cursors.contains(std::string{conflicts_cursor});
    }

    // Rolls back, and does not wait for the answer.
    void end_batch() {
        const auto connection = std::move(batch_);
        batch_.reset();
        if (!connection->lost()) connection->send(commands_of({{"ROLLBACK"}}));
    }

    std::map<Dot, std::optional<RecordRef>> parked_after(const WriteSet& saved) const {
        auto parked = known_.ledger.parked;
        for (const Dot& name : saved.settled)
            parked.erase(name);
        for (const DeadLetter& letter : saved.dead_letters)
            parked[{letter.source, letter.seq}] = letter.record;
        return parked;
    }

    std::int64_t token() { return static_cast<std::int64_t>(random_() >> 1); }

    BatchRow following() {
        BatchRow row;
        row.mark = {known_.mark.number + 1, token()};
        row.log_bytes = known_.log_bytes;
        row.event_bytes = known_.event_bytes;
        row.last_request = known_.last_request;
        return row;
    }

    const asio::any_io_executor executor_;
    const Schema& schema_;
    const std::vector<RowStatements>& statements_;
    const std::string process_;
    Link link_;
    Link ahead_;                                      // beside the batch that is being saved
    std::mt19937_64 random_{std::random_device{}()};  // tokens

    BatchRow known_;                     // the newest batch as far as is known; token 0: nothing is
    std::shared_ptr<Connection> batch_;  // on which a batch is open
    Found found_;                        // of what it loaded
    bool locking_ = false;               // that batch has locked what it loaded
    Clock::time_point locking_until_{};  // so do those before this time

    std::optional<Written> written_;  // by the newest batch, if that is known
    Found looked_;                    // what load_ahead() found since that batch was sent
    Clock::time_point ahead_from_{};  // no batch is decided ahead before this time

    Trimmed trimmed_;  // by trim() so far
};

// Tries twice: a connection that was lost while nobody used it is only noticed here. The first try
// has changed nothing then.
Task<Answers> PostgresWriter::open_batch(Commands commands) {
    written_.reset();  // this batch is not decided ahead
    for (int attempt = 0;; ++attempt) {
        auto connection = co_await link_.ready();
        if (!connection) co_return connection.error();
        auto answers = co_await (*connection)->run(commands);
        if (answers) {
            batch_ = std::move(*connection);
            auto read = read_ledger((*answers)[2]);
            if (read) co_return answers;
            end_batch();
            co_return read.error();
        }
        if (!(*connection)->lost()) {
            (*connection)->send(commands_of({{"ROLLBACK"}}));
            co_return Error{Errc::unavailable, answers.error().what};
        }
        if (attempt > 0) co_return answers.error();
    }
}

Result<void> PostgresWriter::read_ledger(const Answer& answer) {
    if (has_gone_back(answer, known_.mark)) return gone_back(known_.mark.number);
    auto newest = read_newest(schema_, answer, known_.mark);
    if (!newest) return Error{Errc::unavailable, newest.error().what};
    known_.ledger.lease = read_lease(answer);
    if (!*newest) return {};
    known_ = std::move(**newest);
    return {};
}

void PostgresWriter::append_save(Commands& commands, const WriteSet& saved,
                                 std::uint64_t& last_request) const {
    std::map<ResourceId, RowChanges> changes;
    for (const SavedRow& row : saved.rows) {
        const auto standing = found_.records.find(row.row.ref());
        const Resource& resource = schema_[row.row.resource];
        changes.try_emplace(resource.id, resource)
            .first->second.add(row, standing == found_.records.end() ? nullptr : &standing->second);
    }
    for (const auto& copies : saved.copies) {
        const Resource& resource = copies->resource();
        changes.try_emplace(resource.id, resource).first->second.add(*copies);
    }
    for (const auto& [resource, rows] : changes)
        rows.append_to(commands, statements_[resource]);
    for (const RecordRef& ref : saved.erased) {
        Array key{key_type(schema_[ref.resource].key_field())};
        key.add_key(ref.key);
        for (const std::string& sql :
             {statements_[ref.resource].erase, statements_[ref.resource].remove_tombstones})
            commands.push_back({sql, Parameters{}.add(key)});
    }
    for (const CapturedRows& captured : found_.captured) {
        if (!captured.empty()) commands.push_back(captured.forget(statements_));
    }
    if (!saved.log.empty()) commands.push_back(append_log(saved.log));
    if (!saved.events.empty()) commands.push_back(append_events(saved.events));
    if (!saved.twin_events.empty()) commands.push_back(remove_events(saved.twin_events));
    append_requests(commands, schema_, saved.requests, found_.absent, last_request);
    append_conflicts(commands, saved);
    if (!saved.dead_letters.empty() || !saved.settled.empty())
        commands.push_back(remove_letters(saved.dead_letters, saved.settled));
    if (!saved.dead_letters.empty()) commands.push_back(save_letters(schema_, saved.dead_letters));
}

void PostgresWriter::append_conflicts(Commands& commands, const WriteSet& saved) const {
    if (!saved.conflicts.empty()) commands.push_back(save_conflicts(schema_, saved.conflicts));
    if (!saved.settled_conflicts.empty())
        commands.push_back(settle_conflicts(saved.settled_conflicts));
    if (!saved.gone_conflicts.empty()) commands.push_back(remove_conflicts(saved.gone_conflicts));
    append_shared(commands, schema_, statements_, saved.shared);
}

Task<void> PostgresWriter::save(Commands commands, WriteSet saved) {
    for (const LogEntry& entry : saved.log) {
        if (saved.ledger.origins.contains(entry.dot.origin)) continue;
        end_batch();
        co_return Error{Errc::rejected,
                        "the log entry of an origin without mark: " + entry.dot.origin};
    }
    BatchRow row = following();
    for (const LogEntry& entry : saved.log)
        row.log_bytes += entry.json.size();
    for (const Event& event : saved.events) {
        if (row.event_bytes) *row.event_bytes += bytes_of(event);
        trimmed_.saved(event.stamp);
    }
    commands.push_back({lock_timeout, {}, false});
    append_save(commands, saved, row.last_request);
    written_.emplace(saved);
    row.ledger = std::move(saved.ledger);
    row.ledger.batch = row.mark.number;
    row.ledger.parked = parked_after(saved);
    commands.push_back(save_command(schema_, row));
    const std::size_t notice = commands.size();
    commands.push_back(notice_command(process_));
    auto answers = co_await close_batch(std::move(commands), std::move(row));
    if (!answers) {
        written_.reset();
        co_return answers.error();
    }
    if (!answers->empty()) written_->mark = (*answers)[notice].text(0, notice_mark);
    co_return Result<void>{};
}

// When two loads see a record differently, and the batch before has not written it, another program
// has.
Task<LoadResult> PostgresWriter::try_load_ahead(LoadRequest wanted) {
    const LoadCommands questions{schema_, std::move(wanted)};
    Commands commands;
    const bool asks_conflicts = any_conflicts();
    questions.append_to(commands, statements_, false, asks_conflicts);
    auto connection = co_await ahead_.ready();
    if (!connection) co_return connection.error();
    auto answers = co_await (*connection)->run(std::move(commands));
    if (!answers) co_return Error{Errc::unavailable, answers.error().what};
    LoadResult loaded;
    Found found;
    const auto done = questions.read(*answers, 0, false, asks_conflicts, loaded, found);
    if (!done) co_return Error{Errc::rejected, done.error().what};
    for (const auto& [record, standing] : found.records) {
        const auto [known, fresh] = looked_.records.emplace(record, standing);
        if (fresh || known->second == standing) continue;
        if (!written_ || !written_->records.contains(record)) {
            co_return Error{Errc::locked, "a record has changed since it was loaded"};
        }
    }
    looked_.absent.merge(found.absent);
    co_return loaded;
}

// How rows stand as the newest batch wrote them, and all others as load_ahead() found them. Where
// the mark of a living row is not known, it is left empty: a batch that writes this row fails.
Found PostgresWriter::found_ahead() {
    Found found = std::exchange(looked_, {});
    for (const auto& [record, lives] : written_->records) {
        const Standing stands{lives ? std::optional{written_->mark} : std::nullopt, !lives};
        found.records.insert_or_assign(record, stands);
    }
    for (const RequestId& id : written_->requests)
        found.absent.erase(id);
    return found;
}

// Returns no answers where the connection was lost and the database says that the batch was saved.
Task<Answers> PostgresWriter::close_batch(Commands commands, BatchRow row) {
    const auto connection = std::move(batch_);
    batch_.reset();
    commands.push_back({"COMMIT"});
    auto answers = co_await connection->run(std::move(commands));
    if (answers) {
        known_ = std::move(row);
        co_return answers;
    }
    if (connection->lost()) co_return co_await settle(std::move(row));
    connection->send(commands_of({{"ROLLBACK"}}));
    co_return answers.error();
}

// The connection was lost after the batch was sent: the database is asked, on a new connection,
// until it says whether the batch was saved.
Task<Answers> PostgresWriter::settle(BatchRow row) {
    const auto deadline = Clock::now() + settle_timeout;
    asio::steady_timer pause{executor_};
    Error why;
    while (Clock::now() < deadline) {
        auto saved = co_await was_saved(row.mark);
        if (saved && *saved) {
            known_ = std::move(row);
            co_return Answers{};
        }
        if (saved) co_return Error{Errc::unavailable, "the database ended before the commit"};
        if (saved.error().code == Errc::broken) co_return saved.error();
        why = saved.error();
        pause.expires_after(settle_pause);
        co_await pause.async_wait(asio::use_awaitable);
    }
    log::warn("The outcome of a commit is not known", {{"error", why.what}});
    co_return Error{Errc::outcome_unknown,
                    "the database went away while this was saved: it may have taken effect. "
                    "Send it again with its id"};
}

// Asked under the store's lock, which the server process of the lost connection holds until it has
// ended. A batch that was sent as a whole may still be queued there, waiting for the lock. If it
// was not saved, an empty batch is added on top, so that the queued one fails its check. The batch
// before must be there as well: one that took its number would give its changes' numbers again.
Task<bool> PostgresWriter::was_saved(BatchMark mark) {
    auto connection = co_await link_.ready();
    if (!connection) co_return connection.error();
    Commands commands =
        commands_of({{"BEGIN"},
                     lock_command(),
                     {"SELECT 1 FROM atoll_batches WHERE number = $1 AND token = $2",
                      Parameters{}.add(mark.number).add(mark.token)},
                     newest_command(known_.mark),
                     fence_command(mark, token()),
                     {"COMMIT"}});
    auto answers = co_await (*connection)->run(std::move(commands));
    if (answers && has_gone_back((*answers)[3], known_.mark))
        co_return gone_back(known_.mark.number);
    if (answers) co_return (*answers)[2].rows() == 1;
    if (!(*connection)->lost()) (*connection)->send(commands_of({{"ROLLBACK"}}));
    co_return answers.error();
}

// One piece, as a batch of its own.
Task<bool> PostgresWriter::trim(TrimLimits limits) {
    assert(!batch_);
    Commands open = opening();
    auto opened = co_await open_batch(std::move(open));
    if (!opened) co_return opened.error();
    auto expired = co_await find_expired(limits);
    if (!expired || !expired->any()) end_batch();
    if (!expired) co_return Error{Errc::unavailable, expired.error().what};
    if (!expired->any()) co_return false;
    BatchRow row = following();
    row.ledger = known_.ledger;
    row.ledger.batch = row.mark.number;
    row.log_bytes = expired->log_bytes;
    if (row.event_bytes) row.event_bytes = expired->event_bytes;
    Commands commands = trimmed_.removals(*expired);
    commands.push_back(save_command(schema_, row));
    auto saved = co_await close_batch(std::move(commands), std::move(row));
    if (!saved) co_return Error{Errc::unavailable, saved.error().what};
    trimmed_.add(*expired);
    co_return expired->more;
}

// Most of the time nothing has expired: one row of each table shows that. Only then is a whole
// piece read.
Task<Expired> PostgresWriter::find_expired(TrimLimits limits) {
    Expired expired;
    if (limits.events && !known_.event_bytes) {
        Commands count = commands_of({event_bytes_command()});
        auto counted = co_await batch_->run(std::move(count));
        if (!counted) co_return counted.error();
        known_.event_bytes = counted->front().natural(0, 0);
    }
    for (const std::uint32_t rows : {std::uint32_t{1}, limits.piece_rows_max + 1}) {
        Commands look = trimmed_.look(known_.ledger, rows);
        auto answers = co_await batch_->run(std::move(look));
        if (!answers) co_return answers.error();
        expired = expired_among(limits, read_oldest_of_each(known_, *answers));
        if (!expired.any()) break;
    }
    expired.batches_before = trimmed_.batches_to_forget(known_.mark.number);
    co_return expired;
}

}  // namespace

std::unique_ptr<Writer> make_writer(asio::any_io_executor executor, const Schema& schema,
                                    const std::vector<RowStatements>& statements,
                                    ConnectionOptions options) {
    return std::make_unique<PostgresWriter>(executor, schema, statements, std::move(options));
}

}  // namespace reef::store::postgres
