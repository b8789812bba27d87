#include "store/sqlite/writer.hpp"

#include <algorithm>
#include <cassert>

#include "store/sqlite/conflict_log.hpp"
#include "store/sqlite/event_log.hpp"
#include "store/sqlite/ledger.hpp"
#include "store/sqlite/log.hpp"
#include "store/sqlite/requests.hpp"
#include "store/sqlite/row.hpp"

namespace reef::store::sqlite {

namespace {

// What the log and the events add up to, so that nobody has to count.
struct Sizes {
    std::uint64_t log = 0;  // of the JSON
    std::uint64_t events = 0;
    bool operator==(const Sizes&) const = default;
};
constexpr std::string_view log_bytes_name = "log_bytes";
constexpr std::string_view event_bytes_name = "event_bytes";

struct Table {
    Table(Connection& connection, const Resource& resource)
        : reads(connection, resource), writes(connection, resource) {}
    RowReads reads;
    RowWrites writes;
};

class SqliteWriter final : public Writer {
public:
    SqliteWriter(Connection& connection, const Schema& schema)
        : connection_(connection),
          schema_(schema),
          transaction_(connection),
          meta_(connection),
          ledger_table_(connection, schema),
          log_(connection),
          events_(connection),
          requests_(connection, schema),
          conflict_log_(connection, schema) {
        tables_.reserve(schema.resources.size());
        for (const Resource& resource : schema.resources)
            tables_.emplace_back(connection, resource);
    }

    Result<void> start() {
        auto ledger = load_ledger(ledger_table_, conflict_log_);
        if (!ledger) return ledger.error();
        ledger_ = std::move(*ledger);
        const auto log_bytes = meta_.integer(log_bytes_name);
        if (!log_bytes) return log_bytes.error();
        const auto event_bytes = meta_.integer(event_bytes_name);
        if (!event_bytes) return event_bytes.error();
        sizes_ = {static_cast<std::uint64_t>(*log_bytes), static_cast<std::uint64_t>(*event_bytes)};
        return {};
    }

    Task<LoadResult> begin(LoadRequest wanted) override { co_return load(wanted); }
    Task<void> commit(WriteSet saved) override { co_return save(saved); }
    Task<bool> trim(TrimLimits limits) override { co_return remove_expired(limits); }
    Task<void> on_idle() override {
        if (connection_.wal_pages() < wal_pages_due) co_return Result<void>{};
        co_return checkpoint();
    }
    asio::awaitable<void> release() override {
        assert(in_batch_);
        in_batch_ = false;
        // Nothing was written: a commit has nothing to sync and cannot fail.
        if (!transaction_.commit.run()) roll_back();
        co_return;
    }

private:
    Result<LoadResult> load(const LoadRequest& wanted) {
        assert(!in_batch_);
        if (connection_.wal_pages() >= wal_pages_max) {
            if (auto done = checkpoint(); !done) return done.error();
        }
        if (auto begun = start_writing(); !begun) return begun.error();
        LoadResult loaded;
        loaded.ledger = ledger_;
        Result<void> done = load_rows(wanted, loaded);
        if (done) done = load_facts(wanted, loaded);
        if (!done) {
            roll_back();
            return failed(done.error());
        }
        in_batch_ = true;
        return loaded;
    }

    Result<void> load_rows(const LoadRequest& wanted, LoadResult& loaded) {
        before_.clear();
        for (const RecordRef& ref : wanted.records) {
            const auto [known, is_new] = before_.try_emplace(ref);
            if (!is_new) continue;
            RowReads& reads = tables_[ref.resource].reads;
            auto row = reads.living(ref.key);
            const bool living = row && *row;
            if (row && !living) row = reads.tombstone(ref.key);
            if (!row) return row.error();
            Before& before = known->second;
            before.place = Place::nowhere;
            if (!*row) continue;
            if (!(*row)->readable()) {
                before.place = Place::unknown;
                loaded.unreadable.emplace(
                    ref, Unreadable{std::move((*row)->unreadable), (*row)->hash, living});
                continue;
            }
            if (auto done = load_conflicts(ref, loaded); !done) return done;
            before.place = (*row)->row.alive() ? Place::living : Place::tombstone;
            if ((*row)->row.alive()) {
                before.values = values_of(schema_[ref.resource], (*row)->row);
            }
            loaded.rows.emplace(ref, std::move(**row));
        }
        return {};
    }

    Result<void> load_conflicts(const RecordRef& ref, LoadResult& loaded) {
        if (!ledger_.cursors.contains(std::string{conflicts_cursor})) return {};
        auto open = conflict_log_.open_of(ref);
        if (!open) return open.error();
        if (!open->empty()) loaded.open_conflicts.emplace(ref, std::move(*open));
        return {};
    }

    Result<void> load_facts(const LoadRequest& wanted, LoadResult& loaded) {
        for (const FieldRef& ref : wanted.holders) {
            auto holder = tables_[ref.resource].reads.holder(ref.field, ref.value);
            if (!holder) return holder.error();
            if (*holder) loaded.holders.emplace(ref, (*holder)->row.key);
        }
        for (const FieldRef& ref : wanted.referrers) {
            const auto any = tables_[ref.resource].reads.has_holders(ref.field, ref.value, 1);
            if (!any) return any.error();
            loaded.referrers.emplace(ref, *any);
        }
        for (const RequestId& id : wanted.requests) {
            auto seen = requests_.find(id);
            if (!seen) return seen.error();
            if (*seen) loaded.requests.emplace(id, std::move(**seen));
        }
        for (const RecordRef& ref : wanted.candidates) {
            const auto free = tables_[ref.resource].reads.is_free(ref.key);
            if (!free) return free.error();
            if (!*free) continue;
            before_.try_emplace(ref, Before{Place::nowhere, {}});
            loaded.free.insert(ref);
        }
        return {};
    }

    Result<void> save(WriteSet& saved) {
        assert(in_batch_);
        in_batch_ = false;
        Sizes sizes = sizes_;
        for (const LogEntry& entry : saved.log)
            sizes.log += entry.json.size();
        Result<void> done = write(saved);
        if (done) done = write_events(saved, sizes);
        if (done) done = save_sizes(sizes);
        if (done) done = transaction_.commit.run();
        if (!done) {
            roll_back();
            return failed(done.error());
        }
        auto parked = std::move(ledger_.parked);
        for (const Dot& name : saved.settled)
            parked.erase(name);
        for (const DeadLetter& letter : saved.dead_letters)
            parked[{letter.source, letter.seq}] = letter.record;
        ledger_ = std::move(saved.ledger);
        ledger_.parked = std::move(parked);
        sizes_ = sizes;
        return {};
    }

    Result<void> write(const WriteSet& saved) {
        static const Before unknown;
        if (auto done = ledger_table_.save(ledger_, saved.ledger); !done) return done;
        for (const SavedRow& row : saved.rows) {
            const auto before = before_.find(row.row.ref());
            const Before& was = before == before_.end() ? unknown : before->second;
            auto done = tables_[row.row.resource].writes.save(row, was);
            if (!done) return done;
        }
        for (const auto& copies : saved.copies) {
            auto done = tables_[copies->resource().id].writes.save(*copies);
            if (!done) return done;
        }
        for (const RecordRef& ref : saved.erased) {
            if (auto done = tables_[ref.resource].writes.erase(ref.key); !done) return done;
        }
        for (const LogEntry& entry : saved.log) {
            if (auto done = log_.append(entry); !done) return done;
        }
        for (const auto& [id, seen] : saved.requests) {
            if (auto done = requests_.save(id, seen); !done) return done;
        }
        if (auto done = write_conflicts(saved); !done) return done;
        for (const Dot& name : saved.settled) {
            if (auto done = conflict_log_.remove_letter(name); !done) return done;
        }
        for (const DeadLetter& letter : saved.dead_letters) {
            if (auto done = conflict_log_.save(letter); !done) return done;
        }
        return {};
    }

    Result<void> write_events(const WriteSet& saved, Sizes& sizes) {
        for (const Event& event : saved.events) {
            const auto bytes = events_.append(event);
            if (!bytes) return bytes.error();
            sizes.events += *bytes;
        }
        for (const Stamp& twin : saved.twin_events) {
            const auto bytes = events_.remove(twin);
            if (!bytes) return bytes.error();
            sizes.events -= std::min(sizes.events, *bytes);
        }
        return {};
    }

    Result<void> save_sizes(const Sizes& sizes) {
        if (sizes.log != sizes_.log) {
            auto done = meta_.put(log_bytes_name, static_cast<std::int64_t>(sizes.log));
            if (!done) return done;
        }
        if (sizes.events == sizes_.events) return {};
        return meta_.put(event_bytes_name, static_cast<std::int64_t>(sizes.events));
    }

    Result<void> write_conflicts(const WriteSet& saved) {
        for (const Conflict& conflict : saved.conflicts) {
            if (auto done = conflict_log_.save(conflict); !done) return done;
        }
        for (const auto& [id, by] : saved.settled_conflicts) {
            if (auto done = conflict_log_.settle(id, by); !done) return done;
        }
        for (const std::string& id : saved.gone_conflicts) {
            if (auto done = conflict_log_.remove(id); !done) return done;
        }
        for (const SharedValue& shared : saved.shared) {
            const auto is_so = in_conflict(shared);
            if (!is_so) return is_so.error();
            const Conflict& conflict = shared.conflict;
            auto done = *is_so ? conflict_log_.save(conflict) : conflict_log_.remove(conflict.id);
            if (!done) return done;
        }
        return {};
    }

    Result<bool> in_conflict(const SharedValue& shared) {
        const auto& [resource, field, value] = shared.ref;
        const int holders = shared.target ? 1 : 2;
        auto held = tables_[resource].reads.has_holders(field, value, holders);
        if (!held || !*held || !shared.target) return held;
        const RecordRef& target = *shared.target;
        auto buried = tables_[target.resource].reads.tombstone(target.key);
        if (!buried) return buried.error();
        return buried->has_value();
    }

    Result<bool> remove_expired(const TrimLimits& limits) {
        assert(!in_batch_);
        if (auto begun = start_writing(); !begun) return begun.error();
        Sizes sizes = sizes_;
        auto more = trim_all(limits, sizes);
        if (more) {
            if (auto done = transaction_.commit.run(); !done) more = done.error();
        }
        if (!more) {
            roll_back();
            return failed(more.error());
        }
        sizes_ = sizes;
        return more;
    }

    Result<bool> trim_all(const TrimLimits& limits, Sizes& sizes) {
        const auto requests =
            requests_.trim(limits.requests_before, limits.requests_max, limits.piece_rows_max);
        if (!requests) return requests.error();
        const auto log =
            log_.trim({limits.log_before, limits.log_bytes_max, limits.piece_rows_max}, sizes.log);
        if (!log) return log.error();
        Result<bool> events{false};
        if (const auto& kept = limits.events) {
            events =
                events_.trim({kept->before, kept->bytes_max, limits.piece_rows_max}, sizes.events);
        }
        if (!events) return events.error();
        if (auto done = save_sizes(sizes); !done) return done.error();
        return *requests || *log || *events;
    }

    Result<void> start_writing() {
        if (broken_) return *broken_;
        if (auto begun = transaction_.begin_writing.run(); !begun) return failed(begun.error());
        return {};
    }

    Result<void> checkpoint() {
        if (broken_) return *broken_;
        const auto all = connection_.checkpoint();
        if (!all) return failed(all.error());
        return {};
    }

    // After a failed fsync the kernel may report success for pages that it has dropped. So the
    // first such error stays, and every later call fails with it.
    Error failed(const Error& error) {
        if (error.code == Errc::broken && !broken_) broken_ = error;
        return error;
    }

    void roll_back() {
        log_.forget_origins();
        // On some errors, a full disk among them, SQLite has rolled back by itself.
        if (connection_.in_transaction()) (void)transaction_.rollback.run();
    }

    Connection& connection_;
    const Schema& schema_;
    Transaction transaction_;
    Meta meta_;
    LedgerTable ledger_table_;
    Log log_;
    EventLog events_;
    Requests requests_;
    ConflictLog conflict_log_;
    std::vector<Table> tables_;  // by ResourceId

    Ledger ledger_;  // as committed
    Sizes sizes_;    // there too
    boost::unordered_flat_map<RecordRef, Before, std::hash<RecordRef>> before_;
    bool in_batch_ = false;
    std::optional<Error> broken_;
};

}  // namespace

Result<std::unique_ptr<Writer>> make_writer(Connection& connection, const Schema& schema) {
    auto writer = std::make_unique<SqliteWriter>(connection, schema);
    if (auto done = writer->start(); !done) return done.error();
    return std::unique_ptr<Writer>{std::move(writer)};
}

}  // namespace reef::store::sqlite
