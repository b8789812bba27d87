#include "store/sqlite/reader.hpp"

#include "store/sqlite/conflict_log.hpp"
#include "store/sqlite/event_log.hpp"
#include "store/sqlite/ledger.hpp"
#include "store/sqlite/list.hpp"
#include "store/sqlite/log.hpp"
#include "store/sqlite/requests.hpp"
#include "store/sqlite/row.hpp"

namespace reef::store::sqlite {

namespace {

class SqliteReader final : public Reader {
public:
    SqliteReader(std::unique_ptr<Connection> connection, const Schema& schema)
        : connection_(std::move(connection)),
          transaction_(*connection_),
          ledger_table_(*connection_, schema),
          log_(*connection_),
          events_(*connection_),
          conflict_log_(*connection_, schema),
          requests_(*connection_, schema),
          lists_(*connection_, schema) {
        tables_.reserve(schema.resources.size());
        for (const Resource& resource : schema.resources)
            tables_.emplace_back(*connection_, resource);
    }

    Task<std::optional<Row>> get(RecordRef ref) override { co_return get_row(ref); }
    Task<std::optional<Row>> find(FieldRef ref) override { co_return find_row(ref); }
    Task<ListPage> list(ListQuery query) override {
        co_return at_one_moment([&] { return lists_.list(query); });
    }
    Task<ShownPage> show(ListQuery query, TimeShape times) override {
        co_return at_one_moment([&] { return lists_.show(query, times); });
    }
    Task<std::optional<LogEntry>> change(Dot dot) override { co_return log_.find(dot); }
    Task<std::vector<LogEntry>> changes_after(Position after, ScanLimits limits) override {
        co_return at_one_moment([&] { return log_.after(after, limits); });
    }
    Task<std::vector<StoredRow>> scan(ResourceId resource, std::optional<Key> after,
                                      ScanLimits limits) override {
        co_return tables_[resource].scan(after, limits);
    }
    Task<RowPiece> scan_copies(ResourceId resource, std::optional<Key> after,
                               ScanLimits limits) override {
        co_return tables_[resource].scan_copies(after, limits);
    }
    Task<std::optional<std::string>> raw(RecordRef ref) override {
        co_return tables_[ref.resource].raw(ref.key);
    }
    Task<std::vector<Event>> events(EventQuery query) override { co_return events_.find(query); }
    Task<std::vector<Conflict>> conflicts(ConflictQuery query) override {
        co_return conflict_log_.conflicts(query);
    }
    Task<std::map<std::string, ConflictCount>> conflict_counts() override {
        co_return conflict_log_.counts();
    }
    Task<std::vector<DeadLetter>> dead_letters(std::uint64_t after, ScanLimits limits) override {
        co_return conflict_log_.dead_letters(after, limits);
    }
    Task<std::vector<SavedRequest>> requests(std::uint64_t after, ScanLimits limits) override {
        co_return requests_.after(after, limits.rows_max);
    }
    Task<Ledger> ledger() override {
        co_return at_one_moment([&] { return load_ledger(ledger_table_, conflict_log_); });
    }

private:
    // Runs several statements on one snapshot.
    template <class Read>
    auto at_one_moment(Read read) -> decltype(read()) {
        if (auto begun = transaction_.begin_reading.run(); !begun) return begun.error();
        auto result = read();
        if (auto ended = transaction_.commit.run(); !ended) return ended.error();
        return result;
    }

    Result<std::optional<Row>> get_row(const RecordRef& ref) {
        RowReads& table = tables_[ref.resource];
        auto found = table.living(ref.key);
        if (found && !*found) {
            // Between two snapshots a record can move from one table to the other, and be missed.
            found = at_one_moment([&] {
                auto again = table.living(ref.key);
                return again && !*again ? table.tombstone(ref.key) : std::move(again);
            });
        }
        return row_of(std::move(found));
    }

    Result<std::optional<Row>> find_row(const FieldRef& ref) {
        return row_of(tables_[ref.resource].holder(ref.field, ref.value));
    }

    static Result<std::optional<Row>> row_of(Result<std::optional<StoredRow>> found) {
        if (!found) return found.error();
        if (!*found) return std::nullopt;
        if (!(*found)->readable()) return Error{Errc::invalid, (*found)->unreadable};
        return std::optional{std::move((*found)->row)};
    }

    const std::unique_ptr<Connection> connection_;
    Transaction transaction_;
    LedgerTable ledger_table_;
    Log log_;
    EventLog events_;
    ConflictLog conflict_log_;
    Requests requests_;
    Lists lists_;
    std::vector<RowReads> tables_;  // by ResourceId
};

}  // namespace

std::unique_ptr<Reader> make_reader(std::unique_ptr<Connection> connection, const Schema& schema) {
    return std::make_unique<SqliteReader>(std::move(connection), schema);
}

}  // namespace reef::store::sqlite
