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

// How long the outcome of a commit is looked for before those who wait are told that it is unknown.
constexpr std::chrono::seconds settle_timeout{10};
constexpr std::chrono::milliseconds settle_pause{50};

// The node's other processes have the store's lock in turn. One that has stopped with it loses it.
constexpr const char* batch_lock_timeout = "5s";
constexpr const char* stopped_timeout = "1500ms";

// A row that another program has locked holds up one batch for so long. For a while after that, and
// after a row was found changed that had just been loaded, batches lock what they load, and leave
// out what others have locked: they wait for nobody then.
constexpr const char* lock_timeout = "SET LOCAL lock_timeout = '20ms'";
constexpr std::chrono::seconds sharing_remembered{2};

// When something has come between a batch and the one before, it will again: for a while no batch
// is decided ahead.
constexpr std::chrono::seconds overtaken_remembered{2};

// Whoever is answered next waits for what is looked up ahead: better not at all than late.
constexpr std::chrono::seconds look_timeout{1};

// The newest batches are kept: one of them settles what became of a commit.
constexpr std::uint64_t batches_kept = 1'000;

ConnectionOptions writing(ConnectionOptions options, const char* name) {
    options.name += name;
    // Every statement looks up keys: their plans never change, and must not be made for each. A
    // plain index scan also clears away what points to rows that are gone; a bitmap never does.
    for (const char* off :
         {"enable_seqscan", "enable_bitmapscan", "enable_hashjoin", "enable_mergejoin"})
        options.settings.emplace_back(off, "off");
    options.settings.emplace_back("plan_cache_mode", "force_generic_plan");
    options.settings.push_back(own_writes);
    options.settings.emplace_back("lock_timeout", batch_lock_timeout);
    options.settings.emplace_back("idle_in_transaction_session_timeout", stopped_timeout);
    return options;
}

ConnectionOptions looking(ConnectionOptions options) {
    options = writing(std::move(options), " look-ahead");
    options.settings.emplace_back("lock_timeout", "20ms");
    options.connect_timeout = options.answer_timeout = look_timeout;
    return options;
}

// What the newest batch writes, by which the next one knows it again.
struct Written {
    explicit Written(const WriteSet& saved) {
        for (const SavedRow& row : saved.rows)
            records.emplace(row.row.ref(), row.row.alive());
        for (const auto& [id, seen] : saved.requests)
            requests.push_back(id);
    }
    boost::unordered_flat_map<RecordRef, bool, std::hash<RecordRef>> records;  // whether it lives
    std::vector<RequestId> requests;
    std::string mark;  // "": not known, or not yet
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
          ahead_(executor, looking(options)) {}

    Task<LoadResult> begin(LoadRequest wanted) override {
        assert(!batch_);
        const LoadCommands questions{schema_, std::move(wanted)};
        Commands commands = opening();
        const std::size_t first = commands.size();
        locking_ = Clock::now() < locking_until_;
        questions.append_to(commands, statements_, locking_);
        auto answers = co_await open_batch(std::move(commands));
        if (!answers) co_return answers.error();
        LoadResult loaded;
        const auto done = questions.read(*answers, first, locking_, loaded, found_);
        if (!done) {
            end_batch();
            // One record that cannot be read must not keep its neighbours from being written.
            co_return Error{Errc::rejected, done.error().what};
        }
        loaded.ledger = known_.ledger;
        co_return loaded;
    }

    Task<void> commit(WriteSet saved) override {
        assert(batch_);
        looked_ = {};
        Commands nothing;
        Result<void> done = co_await save(std::move(nothing), std::move(saved));
        if (done) co_return done;
        Error error = done.error();
        // Rows that this batch has locked are as they were: then it is a rule that refuses them.
        if (error.code == Errc::conflict) error.code = locking_ ? Errc::rejected : Errc::locked;
        if (error.code == Errc::locked) locking_until_ = Clock::now() + sharing_remembered;
        co_return error;
    }

    bool loads_ahead() const override {
        const auto now = Clock::now();
        return now >= ahead_from_ && now >= locking_until_;
    }

    Task<LoadResult> load_ahead(LoadRequest wanted) override {
        Result<LoadResult> loaded = co_await look_up(std::move(wanted));
        if (!loaded) ahead_from_ = Clock::now() + overtaken_remembered;
        co_return loaded;
    }

    // All in one round trip.
    Task<void> commit_ahead(WriteSet saved) override {
        assert(!batch_ && written_);
        found_ = found_ahead();  // from here on looks are for the next one
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
    // The lock, and whether the ledger is still the one that is known.
    Commands opening() const {
        return commands_of({{"BEGIN"}, lock_command(), newest_command(known_.mark.token)});
    }

    Task<Answers> open_batch(Commands commands);
    Task<LoadResult> look_up(LoadRequest wanted);
    Task<void> save(Commands commands, WriteSet saved);
    Task<Answers> close_batch(Commands commands, BatchState state);
    Found found_ahead();
    Result<void> read_ledger(const Answer& answer);
    Task<Answers> settle(BatchState state);
    void append_save(Commands& commands, const WriteSet& saved, std::uint64_t& last_request) const;

    // Nobody waits for its end.
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

    BatchState following() {
        BatchState state;
        state.mark = {known_.mark.number + 1, token()};
        state.log_bytes = known_.log_bytes;
        state.last_request = known_.last_request;
        return state;
    }

    const asio::any_io_executor executor_;
    const Schema& schema_;
    const std::vector<RowStatements>& statements_;
    const std::string process_;
    Link link_;
    Link ahead_;                                      // beside the batch that is being saved
    std::mt19937_64 random_{std::random_device{}()};  // tokens

    BatchState known_;                   // the newest batch as far as is known; token 0: nothing is
    std::shared_ptr<Connection> batch_;  // on which a batch is open
    Found found_;                        // of what it loaded
    bool locking_ = false;               // that batch has locked what it loaded
    Clock::time_point locking_until_{};  // so do those before this time

    std::optional<Written> written_;  // by the newest batch, if that is known
    Found looked_;                    // what look() has found since that one was sent
    Clock::time_point ahead_from_{};  // no batch is decided ahead before this time

    // Where the oldest are looked for: what was removed before leaves marks that cost time.
    std::uint64_t requests_from_ = 0;
    std::map<OriginId, std::uint64_t> logs_from_;
    std::uint64_t batches_from_ = 0;
};

// A connection that was lost while nobody used it is noticed here: then nothing has happened.
Task<Answers> PostgresWriter::open_batch(Commands commands) {
    written_.reset();  // what is decided from now on does not follow it
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
    auto newest = read_newest(schema_, answer, known_.mark.token);
    if (!newest) return Error{Errc::unavailable, newest.error().what};
    known_.ledger.lease = read_lease(answer);
    if (!*newest) return {};
    if ((*newest)->mark.number < known_.mark.number) {
        // A standby that had not everything, a restored backup: what was told to others is missing,
        // and its numbers must not be given again.
        return Error{Errc::broken, "the database has gone back in time, from batch " +
                                       std::to_string(known_.mark.number) + " to " +
                                       std::to_string((*newest)->mark.number)};
    }
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
    for (const auto& [resource, rows] : changes)
        rows.append_to(commands, statements_[resource]);
    for (const CapturedRows& captured : found_.captured) {
        if (!captured.empty()) commands.push_back(captured.forget(statements_));
    }
    if (!saved.log.empty()) commands.push_back(append_log(saved.log));
    append_requests(commands, schema_, saved.requests, found_.absent, last_request);
    if (!saved.conflicts.empty()) commands.push_back(save_conflicts(schema_, saved.conflicts));
    if (!saved.dead_letters.empty() || !saved.settled.empty())
        commands.push_back(remove_letters(saved.dead_letters, saved.settled));
    if (!saved.dead_letters.empty()) commands.push_back(save_letters(schema_, saved.dead_letters));
}

Task<void> PostgresWriter::save(Commands commands, WriteSet saved) {
    for (const LogEntry& entry : saved.log) {
        if (saved.ledger.origins.contains(entry.dot.origin)) continue;
        end_batch();
        co_return Error{Errc::rejected,
                        "the log entry of an origin without mark: " + entry.dot.origin};
    }
    BatchState state = following();
    for (const LogEntry& entry : saved.log)
        state.log_bytes += entry.json.size();
    commands.push_back({lock_timeout, {}, false});
    append_save(commands, saved, state.last_request);
    written_.emplace(saved);
    state.ledger = std::move(saved.ledger);
    state.ledger.batch = state.mark.number;
    state.ledger.parked = parked_after(saved);
    commands.push_back(save_command(schema_, state));
    const std::size_t notice = commands.size();
    commands.push_back(notice_command(process_));
    auto answers = co_await close_batch(std::move(commands), std::move(state));
    if (!answers) {
        written_.reset();
        co_return answers.error();
    }
    if (!answers->empty()) written_->mark = (*answers)[notice].text(0, notice_mark);
    co_return Result<void>{};
}

// What two looks see differently, and the batch before has not written, somebody else has.
Task<LoadResult> PostgresWriter::look_up(LoadRequest wanted) {
    const LoadCommands questions{schema_, std::move(wanted)};
    Commands commands;
    questions.append_to(commands, statements_, false);
    auto connection = co_await ahead_.ready();
    if (!connection) co_return connection.error();
    auto answers = co_await (*connection)->run(std::move(commands));
    if (!answers) co_return Error{Errc::unavailable, answers.error().what};
    LoadResult loaded;
    Found found;
    const auto done = questions.read(*answers, 0, false, loaded, found);
    if (!done) co_return Error{Errc::rejected, done.error().what};
    for (const auto& [record, standing] : found.records) {
        const auto [known, fresh] = looked_.records.emplace(record, standing);
        if (fresh || known->second == standing) continue;
        if (!written_ || !written_->records.contains(record)) {
            co_return Error{Errc::locked, "a record has changed since it was looked at"};
        }
    }
    looked_.absent.merge(found.absent);
    co_return loaded;
}

// Of what the newest batch wrote, and what look() has seen of all else. A living row whose mark is
// not known has none: whoever would write it fails.
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

// Nothing is answered where only the outcome is known.
Task<Answers> PostgresWriter::close_batch(Commands commands, BatchState state) {
    const auto connection = std::move(batch_);
    batch_.reset();
    commands.push_back({"COMMIT"});
    auto answers = co_await connection->run(std::move(commands));
    if (answers) {
        known_ = std::move(state);
        co_return answers;
    }
    if (connection->lost()) co_return co_await settle(std::move(state));
    connection->send(commands_of({{"ROLLBACK"}}));
    co_return answers.error();
}

// The connection was lost on the way: what has become of the batch is read from the database, under
// the lock, which the server's side of the lost connection may hold until it has ended. Or that one
// has yet to get it, with a batch that was sent as a whole: then it must find another newest batch.
Task<Answers> PostgresWriter::settle(BatchState state) {
    const auto deadline = Clock::now() + settle_timeout;
    asio::steady_timer pause{executor_};
    std::string why;
    while (Clock::now() < deadline) {
        auto connection = co_await link_.ready();
        if (connection) {
            Commands commands =
                commands_of({{"BEGIN"},
                             lock_command(),
                             {"SELECT 1 FROM atoll_batches WHERE number = $1 AND token = $2",
                              Parameters{}.add(state.mark.number).add(state.mark.token)},
                             fence_command(state.mark, token()),
                             {"COMMIT"}});
            auto answers = co_await (*connection)->run(std::move(commands));
            if (answers && (*answers)[2].rows() == 1) {
                known_ = std::move(state);
                co_return Answers{};
            }
            if (answers) co_return Error{Errc::unavailable, "the database ended before the commit"};
            why = answers.error().what;
            if (!(*connection)->lost()) (*connection)->send(commands_of({{"ROLLBACK"}}));
        } else {
            why = connection.error().what;
        }
        pause.expires_after(settle_pause);
        co_await pause.async_wait(asio::use_awaitable);
    }
    log::warn("The outcome of a commit is not known", {{"error", why}});
    co_return Error{Errc::outcome_unknown,
                    "the database went away while this was saved: it may have taken effect. "
                    "Send it again with its id"};
}

// Looks at the oldest of each first: most of the time nothing has expired.
Task<bool> PostgresWriter::trim(TrimLimits limits) {
    assert(!batch_);
    Commands open = opening();
    auto opened = co_await open_batch(std::move(open));
    if (!opened) co_return opened.error();
    Expired expired;
    for (const std::uint32_t rows : {std::uint32_t{1}, limits.piece_rows_max + 1}) {
        Commands look;
        look.push_back(oldest_requests(requests_from_, rows));
        for (const auto& [origin, mark] : known_.ledger.origins)
            look.push_back(fronts_command(origin, logs_from_[origin], rows));
        auto answers = co_await batch_->run(std::move(look));
        if (!answers) {
            end_batch();
            co_return Error{Errc::unavailable, answers.error().what};
        }
        LogFronts fronts;
        std::size_t at = 1;
        for (const auto& [origin, mark] : known_.ledger.origins)
            fronts[origin] = read_fronts((*answers)[at++]);
        expired = expired_among(limits, read_oldest(answers->front()), known_.last_request, fronts,
                                known_.log_bytes);
        if (!expired.any()) break;
    }
    const std::uint64_t number = known_.mark.number;
    const bool forget = number > batches_from_ + 2 * batches_kept;
    if (!expired.any() && !forget) {
        end_batch();
        co_return false;
    }
    BatchState state = following();
    state.ledger = known_.ledger;
    state.ledger.batch = state.mark.number;
    state.log_bytes = expired.log_bytes;
    Commands commands;
    if (expired.requests_to > 0)
        commands.push_back(remove_requests(requests_from_, expired.requests_to));
    for (const auto& [origin, seq] : expired.logs)
        commands.push_back(remove_log(origin, logs_from_[origin], seq));
    if (forget) commands.push_back(forget_command(batches_from_, number - batches_kept));
    commands.push_back(save_command(schema_, state));
    auto saved = co_await close_batch(std::move(commands), std::move(state));
    if (!saved) co_return Error{Errc::unavailable, saved.error().what};
    if (expired.requests_to > 0) requests_from_ = expired.requests_to + 1;
    for (const auto& [origin, seq] : expired.logs)
        logs_from_[origin] = seq + 1;
    if (forget) batches_from_ = number - batches_kept;
    co_return expired.more;
}

}  // namespace

std::unique_ptr<Writer> make_writer(asio::any_io_executor executor, const Schema& schema,
                                    const std::vector<RowStatements>& statements,
                                    ConnectionOptions options) {
    return std::make_unique<PostgresWriter>(executor, schema, statements, std::move(options));
}

}  // namespace reef::store::postgres
