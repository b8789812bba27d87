#include "store/postgres/reader.hpp"

#include "store/postgres/conflict_log.hpp"
#include "store/postgres/event_log.hpp"
#include "store/postgres/ledger.hpp"
#include "store/postgres/link.hpp"
#include "store/postgres/list.hpp"
#include "store/postgres/log.hpp"
#include "store/postgres/requests.hpp"
#include "store/postgres/row.hpp"

namespace reef::store::postgres {

namespace {

Commands only(Command command) {
    Commands commands;
    commands.push_back(std::move(command));
    return commands;
}

// What is sent together sees one moment.
ConnectionOptions reading(ConnectionOptions options, const std::string& name) {
    options.name += name;
    options.settings.emplace_back("default_transaction_isolation", "repeatable read");
    options.settings.emplace_back("default_transaction_read_only", "on");
    options.settings.emplace_back("statement_timeout", "5s");
    options.answer_timeout = std::chrono::seconds{6};
    return options;
}

class PostgresReader final : public Reader {
public:
    PostgresReader(const asio::any_io_executor& executor, const Schema& schema,
                   const std::vector<RowStatements>& statements, const ConnectionOptions& options)
        : schema_(schema),
          statements_(statements),
          quick_(executor, reading(options, " reader")),
          long_(executor, reading(options, " lists")) {}

    Task<std::optional<Row>> get(RecordRef ref) override {
        const Resource& resource = schema_[ref.resource];
        Commands commands = only(find_by_key(statements_[ref.resource], ref.key));
        auto answers = co_await quick_.read(std::move(commands));
        if (!answers) co_return answers.error();
        if (answers->front().rows() == 0) co_return std::nullopt;
        StoredRow row = row_at(answers->front(), 0, resource);
        if (!row.readable()) co_return Error{Errc::invalid, row.unreadable};
        co_return std::optional{std::move(row.row)};
    }

    Task<std::optional<Row>> find(FieldRef ref) override {
        if (is_null(ref.value)) co_return std::nullopt;
        const Resource& resource = schema_[ref.resource];
        Commands commands =
            only(find_by_value(resource, statements_[ref.resource], ref.field, ref.value));
        auto answers = co_await quick_.read(std::move(commands));
        if (!answers) co_return answers.error();
        std::optional<StoredRow> earliest;
        for (int at = 0; at < answers->front().rows(); ++at) {
            keep_earlier(earliest, row_at(answers->front(), at, resource));
        }
        if (!earliest) co_return std::nullopt;
        if (!earliest->readable()) co_return Error{Errc::invalid, earliest->unreadable};
        co_return std::optional{std::move(earliest->row)};
    }

    Task<ListPage> list(ListQuery query) override {
        ListedRows rows{schema_[query.resource], query};
        const auto read = co_await read_page(query, rows);
        if (!read) co_return read.error();
        co_return rows.page(*read);
    }

    Task<ShownPage> show(ListQuery query, TimeShape times) override {
        ShownRows rows{schema_[query.resource], query, times};
        const auto read = co_await read_page(query, rows);
        if (!read) co_return read.error();
        co_return rows.page(*read);
    }

    Task<std::optional<LogEntry>> change(Dot dot) override {
        Commands commands = only(find_change(dot));
        auto answers = co_await quick_.read(std::move(commands));
        if (!answers) co_return answers.error();
        auto entries = read_entries(answers->front());
        if (entries.empty() || entries.front().dot != dot) co_return std::nullopt;
        co_return std::optional{std::move(entries.front())};
    }

    Task<std::vector<LogEntry>> changes_after(Position after, ScanLimits limits) override {
        Commands commands = only(changes_command(after, limits));
        auto answers = co_await long_.read(std::move(commands));
        if (!answers) co_return answers.error();
        co_return read_entries(answers->front());
    }

    Task<std::vector<StoredRow>> scan(ResourceId id, std::optional<Key> after,
                                      ScanLimits limits) override {
        const Resource& resource = schema_[id];
        Commands commands = only(scan_command(statements_[id], after, limits));
        auto answers = co_await long_.read(std::move(commands));
        if (!answers) co_return answers.error();
        std::vector<StoredRow> rows;
        for (int at = 0; at < answers->front().rows(); ++at)
            rows.push_back(row_at(answers->front(), at, resource));
        co_return rows;
    }

    Task<RowPiece> scan_copies(ResourceId id, std::optional<Key> after,
                               ScanLimits limits) override {
        const Resource& resource = schema_[id];
        Commands commands = only(scan_command(statements_[id], after, limits));
        auto answers = co_await long_.read(std::move(commands));
        if (!answers) co_return answers.error();
        co_return read_piece(answers->front(), resource);
    }

    Task<std::optional<std::string>> raw(RecordRef ref) override {
        Commands commands = only({statements_[ref.resource].raw, Parameters{}.add_key(ref.key)});
        auto answers = co_await quick_.read(std::move(commands));
        if (!answers) co_return answers.error();
        if (answers->front().rows() == 0) co_return std::nullopt;
        co_return std::optional{std::string{answers->front().text(0, 0)}};
    }

    Task<std::map<std::string, ConflictCount>> conflict_counts() override {
        Commands commands = only(conflict_counts_command());
        auto answers = co_await long_.read(std::move(commands));
        if (!answers) co_return answers.error();
        co_return read_conflict_counts(answers->front());
    }

    Task<std::vector<Conflict>> conflicts(ConflictQuery query) override {
        Commands commands = only(conflicts_command(schema_, query));
        auto answers = co_await long_.read(std::move(commands));
        if (!answers) co_return answers.error();
        co_return read_conflicts(schema_, answers->front());
    }

    Task<std::vector<Event>> events(EventQuery query) override {
        Commands commands = only(events_command(query));
        auto answers = co_await long_.read(std::move(commands));
        if (!answers) co_return answers.error();
        co_return read_events(answers->front());
    }

    Task<std::vector<DeadLetter>> dead_letters(std::uint64_t after, ScanLimits limits) override {
        Commands commands = only(letters_command(after, limits));
        auto answers = co_await long_.read(std::move(commands));
        if (!answers) co_return answers.error();
        co_return read_letters(schema_, answers->front());
    }

    Task<std::vector<SavedRequest>> requests(std::uint64_t after, ScanLimits limits) override {
        Commands commands = only(requests_after(after, limits.rows_max));
        auto answers = co_await long_.read(std::move(commands));
        if (!answers) co_return answers.error();
        co_return read_requests(schema_, answers->front());
    }

    Task<Ledger> ledger() override {
        Commands commands = only(newest_command({}));
        auto answers = co_await quick_.read(std::move(commands));
        if (!answers) co_return answers.error();
        auto newest = read_newest(schema_, answers->front(), {});
        if (!newest) co_return newest.error();
        co_return std::move((*newest)->ledger);
    }

    Task<std::vector<RecordRef>> captured(std::uint32_t records_max) override {
        Commands commands;
        std::vector<const Resource*> asked;
        for (const Resource& resource : schema_.resources) {
            if (!resource.captured) continue;
            asked.push_back(&resource);
            commands.push_back(
                {statements_[resource.id].pending, Parameters{}.add(std::uint64_t{records_max})});
        }
        auto answers = co_await quick_.read(std::move(commands));
        if (!answers) co_return answers.error();
        std::vector<RecordRef> records;
        for (std::size_t i = 0; i < asked.size(); ++i) {
            const Answer& answer = (*answers)[i];
            for (int at = 0; at < answer.rows(); ++at)
                records.push_back({asked[i]->id, answer.key(at, 0, asked[i]->key_field())});
        }
        co_return records;
    }

private:
    // Rows that cannot be read are left out, and the page is filled with those behind them.
    Task<PageFacts> read_page(const ListQuery& query, PageRows& rows) {
        const Resource& resource = schema_[query.resource];
        for (std::uint32_t spare = 1;; spare *= 16) {
            Commands commands = list_commands(resource, query, spare);
            auto answers = co_await long_.read(std::move(commands));
            if (!answers) co_return answers.error();
            const PageFacts page = read_list(resource, query, *answers, rows);
            if (page.more || page.unreadable < spare) co_return page;
        }
    }

    const Schema& schema_;
    const std::vector<RowStatements>& statements_;
    Link quick_, long_;
};

}  // namespace

std::unique_ptr<Reader> make_reader(asio::any_io_executor executor, const Schema& schema,
                                    const std::vector<RowStatements>& statements,
                                    const ConnectionOptions& options) {
    return std::make_unique<PostgresReader>(executor, schema, statements, options);
}

}  // namespace reef::store::postgres
