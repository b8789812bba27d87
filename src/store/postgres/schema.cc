#include "store/postgres/schema.hpp"

#include <algorithm>

#include "base/fault.hpp"
#include "base/log.hpp"
#include "store/columns.hpp"
#include "store/postgres/adopt/capture.hpp"
#include "store/postgres/adopt/takeover.hpp"
#include "store/postgres/conflict_log.hpp"
#include "store/postgres/event_log.hpp"
#include "store/postgres/ledger.hpp"
#include "store/postgres/log.hpp"
#include "store/postgres/requests.hpp"
#include "store/postgres/row.hpp"
#include "store/postgres/table.hpp"
#include "store/shared_now.hpp"

namespace reef::store::postgres {

namespace {

// The parts of a StorageIdentity, and whether this user may look at the cluster's folder: then when
// that was changed last, which is when it was made or copied.
constexpr const char* identity_sql =
    "SELECT (SELECT system_identifier FROM pg_control_system())::text || '/' ||"
    " (SELECT oid FROM pg_database WHERE datname = current_database())::text,"
    " substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8),"
    " to_regclass('atoll_node')::oid::text,"
    " has_function_privilege('pg_stat_file(text)', 'execute')";
constexpr const char* folder_sql =
    "SELECT extract(epoch FROM (pg_stat_file('PG_VERSION')).change)::text";

// As stores kept it before the ledger did: "cluster/timeline/database".
StorageIdentity earlier_identity(const std::string& text) {
    const std::size_t first = text.find('/');
    const std::size_t last = text.rfind('/');
    if (first == last) return {};
    return {text.substr(0, first) + text.substr(last), text.substr(first + 1, last - first - 1), "",
            ""};
}

const char* const meta_sql =
    "CREATE TABLE atoll_meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);\n";

// One statement each.
void append_statements(Commands& commands, std::string_view sql) {
    while (!sql.empty()) {
        const std::size_t end = sql.find(";\n");
        commands.push_back({std::string{sql.substr(0, end)}, {}, false});
        sql.remove_prefix(end == std::string_view::npos ? sql.size() : end + 2);
    }
}

class Preparation {
public:
    Preparation(Connection& connection, const Schema& schema, const StoreOptions& options)
        : connection_(connection),
          schema_(schema),
          options_(options),
          where_("the database " + place_of(options.url)) {}

    // In one transaction: a start that fails leaves the database as it was.
    Task<StorageIdentity> run() {
        Result<void> done = co_await begin();
        if (done && options_.fresh) done = co_await throw_away();
        if (done) done = co_await prepare_store();
        if (done) done = co_await prepare_tables();
        if (done) done = co_await name_conflicts();
        if (done) done = co_await list_shared();
        if (done && meta_.contains("identity")) done = co_await move_identity();
        if (done) done = co_await begin_takeover();
        if (!done) co_return done.error();
        Commands end;
        put_meta(end, "format", std::to_string(format));
        end.push_back({identity_sql, {}, false});
        end.push_back({"COMMIT", {}, false});
        auto answers = co_await connection_.run(std::move(end));
        if (!answers) co_return failed(answers.error());
        const Answer& found = (*answers)[1];
        StorageIdentity identity;
        identity.cluster = found.text(0, 0);
        identity.timeline = found.text(0, 1);
        identity.table = found.text(0, 2);
        if (found.text(0, 3) != "t") co_return identity;
        Commands folder;
        folder.push_back({folder_sql, {}, false});
        auto changed = co_await connection_.run(std::move(folder));
        if (!changed) co_return failed(changed.error());
        identity.file = changed->front().text(0, 0);
        co_return identity;
    }

private:
    Error invalid(const std::string& what) const { return {Errc::invalid, where_ + ": " + what}; }

    // The caller sees `unavailable` whatever the server refused: no row is to be set aside here.
    Error failed(const Error& error) {
        if (connection_.lost()) return error;
        return {Errc::unavailable, where_ + ": " + error.what};
    }

    Task<void> execute(Commands commands) {
        auto done = co_await connection_.run(std::move(commands));
        if (!done) co_return failed(done.error());
        co_return Result<void>{};
    }

    Task<void> begin() {
        Commands commands;
        commands.push_back({"BEGIN", {}, false});
        commands.push_back({prepare_lock_sql, {}, false});
        commands.push_back(
            {"SELECT to_regclass('atoll_node') IS NOT NULL, pg_is_in_recovery()", {}, false});
        auto answers = co_await connection_.run(std::move(commands));
        if (!answers) co_return failed(answers.error());
        exists_ = (*answers)[2].text(0, 0) == "t";
        if (options_.replica && (*answers)[2].text(0, 1) == "t") {
            co_return invalid(
                "it is a standby of PostgreSQL's own replication, which nobody else can write to: "
                "a replica needs a database of its own");
        }
        co_return Result<void>{};
    }

    Task<void> prepare_store() {
        Result<void> done;
        if (exists_) done = co_await check();
        if (done && exists_) done = co_await load_meta();
        if (done) done = co_await take_over_tables();
        if (done && !exists_) done = co_await create();
        if (!done) co_return done;
        Commands leases;
        append_statements(leases, leases_sql);
        // What stores of earlier versions lack: else no lock of the table is waited for.
        if (!meta_.contains("conflicts")) {
            append_statements(leases, conflict_ids_sql);
            put_meta(leases, "conflicts", "named");
        }
        if (!meta_.contains("events")) {
            append_statements(leases, events_sql);
            put_meta(leases, "events", "made");
        }
        co_return co_await execute(std::move(leases));
    }

    Task<void> prepare_tables() {
        for (const Resource& resource : schema_.resources) {
            Result<void> done = co_await prepare(resource);
            if (done) done = co_await prepare_indexes(resource);
            if (done) done = co_await prepare_capture(resource);
            if (!done) co_return done;
        }
        co_return Result<void>{};
    }

    Task<void> throw_away() {
        if (!exists_ && !options_.replica) co_return Result<void>{};
        Result<void> done;
        if (!options_.replica) done = co_await check_own();
        if (done) done = co_await drop();
        if (done) exists_ = false;
        co_return done;
    }

    Task<void> drop() {
        Commands commands;
        for (const Resource& resource : schema_.resources) {
            for (const std::string& table :
                 {resource.table, tombstones_of(resource), captures_of(resource)})
                commands.push_back({"DROP TABLE IF EXISTS " + quoted_name(table), {}, false});
        }
        commands.push_back(
            {"DROP TABLE IF EXISTS atoll_node, atoll_meta, atoll_batches, atoll_leases, atoll_log,"
             " atoll_requests, atoll_conflicts, atoll_dead_letters, atoll_events",
             {},
             false});
        co_return co_await execute(std::move(commands));
    }

    // Random, as the incarnation is.
    std::int64_t first_token() const {
        return static_cast<std::int64_t>(hash_of(options_.incarnation).low >> 1);
    }

    Task<void> create() {
        BatchRow first;
        Ledger& ledger = first.ledger;
        ledger.self = options_.node + '.' + options_.incarnation;
        ledger.origins.emplace(ledger.self, OriginMark{});
        first.mark = {1, first_token()};
        first.event_bytes = 0;
        Commands commands;
        for (const char* sql : {meta_sql, batches_sql, log_sql, requests_sql, conflict_log_sql})
            append_statements(commands, sql);
        commands.push_back({"INSERT INTO atoll_node VALUES ($1)",
                            Parameters{}.add(std::string_view{options_.node}), false});
        commands.push_back(save_command(schema_, first));
        co_return co_await execute(std::move(commands));
    }

    Task<void> check() {
        Commands commands;
        commands.push_back({"SELECT value FROM atoll_meta WHERE name = 'format'", {}, false});
        commands.push_back({"SELECT node FROM atoll_node", {}, false});
        auto answers = co_await connection_.run(std::move(commands));
        if (!answers) co_return failed(answers.error());
        const Answer& found = answers->front();
        const std::string known{found.rows() == 1 ? found.text(0, 0) : "?"};
        if (known != std::to_string(format)) {
            co_return invalid("it has the format " + known +
                              ", which this version of Atoll cannot read (it knows " +
                              std::to_string(format) + ')');
        }
        const std::string node{answers->back().rows() == 1 ? answers->back().text(0, 0) : "?"};
        if (node != options_.node)
            co_return invalid("it is the store of the node " + node + ", not of " + options_.node);
        co_return Result<void>{};
    }

    Task<void> load_meta() {
        Commands commands;
        commands.push_back({"SELECT name, value FROM atoll_meta", {}, false});
        auto answers = co_await connection_.run(std::move(commands));
        if (!answers) co_return failed(answers.error());
        const Answer& all = answers->front();
        for (int row = 0; row < all.rows(); ++row)
            meta_[std::string{all.text(row, 0)}] = all.text(row, 1);
        co_return Result<void>{};
    }

    // --fresh throws away what Atoll has made, and no table that was there before.
    Task<void> check_own() {
        Commands commands;
        commands.push_back(
            {"SELECT string_agg(substr(name, 7), ', ') FROM atoll_meta"
             " WHERE name LIKE 'taken.%'",
             {},
             false});
        auto answers = co_await connection_.run(std::move(commands));
        if (!answers) co_return failed(answers.error());
        const std::string taken{answers->front().text(0, 0)};
        if (taken.empty()) co_return Result<void>{};
        co_return invalid("it was taken over with the rows of " + taken +
                          ", which --fresh would throw away: drop the database yourself");
    }

    // Checks all tables that other programs made and reports all objections at once. Tables are
    // locked, and checked again, only when there was none: a node that is refused holds nobody up.
    Task<void> take_over_tables() {
        const bool complete = std::all_of(
            schema_.resources.begin(), schema_.resources.end(),
            [this](const Resource& resource) { return meta_.contains("table." + resource.name); });
        if (complete) co_return Result<void>{};
        std::string objections;
        auto allowed = co_await may_create();
        if (!allowed) co_return allowed.error();
        if (!allowed->empty()) objections = "\n  " + *allowed;
        for (const bool locked : {false, true}) {
            for (const Resource& resource : schema_.resources) {
                if (meta_.contains("table." + resource.name)) continue;
                auto found = co_await look_at_table(resource, locked);
                if (!found) co_return found.error();
                for (const std::string& objection : *found)
                    objections += "\n  " + objection;
            }
            if (objections.empty()) continue;
            co_return invalid("what is there cannot be taken over as it is; nothing was changed:" +
                              objections);
        }
        co_return Result<void>{};
    }

    Task<std::vector<std::string>> look_at_table(const Resource& resource, bool locked) {
        std::vector<std::string> objections;
        auto there = co_await is_there(connection_, resource);
        if (!there) co_return failed(there.error());
        if (!*there) co_return objections;
        if (options_.replica) {
            objections.push_back("the table " + resource.table +
                                 " is another program's: its rows are not those of a replica");
            co_return objections;
        }
        if (locked) {
            // Other programs queue behind a lock that is waited for: they are held up for two
            // seconds at most. The node's start is tried again.
            Commands lock;
            lock.push_back({"SET LOCAL lock_timeout = '2s'", {}, false});
            lock.push_back({"LOCK TABLE " + quoted_name(resource.table), {}, false});
            auto done = co_await execute(std::move(lock));
            if (!done) co_return done.error();
        }
        auto found = co_await look_at(connection_, resource);
        if (!found) co_return failed(found.error());
        existing_[resource.id] = std::move(found->sql);
        co_return std::move(found->objections);
    }

    // "" when this node may create tables, else what to do about it.
    Task<std::string> may_create() {
        Commands commands;
        commands.push_back(
            {"SELECT current_user, has_schema_privilege('public', 'CREATE')", {}, false});
        auto answers = co_await connection_.run(std::move(commands));
        if (!answers) co_return failed(answers.error());
        const Answer& answer = answers->front();
        if (answer.text(0, 1) == "t") co_return std::string{};
        co_return std::string{answer.text(0, 0)} +
            " may not create tables: GRANT CREATE ON SCHEMA public TO it";
    }

    static void put_meta(Commands& commands, std::string_view name, std::string_view value) {
        commands.push_back(
            {"INSERT INTO atoll_meta VALUES ($1, $2) ON CONFLICT (name) DO UPDATE"
             " SET value = excluded.value",
             Parameters{}.add(name).add(value), false});
    }

    // The tables of a resource that the database does not know yet: new, or another program's.
    void append_new_tables(Commands& commands, const Resource& resource) const {
        const auto existing = existing_.find(resource.id);
        if (existing == existing_.end()) {
            commands.push_back({table_sql(resource), {}, false});
        } else {
            for (const std::string& change : existing->second)
                commands.push_back({change, {}, false});
            put_meta(commands, "taken." + resource.name, "");
        }
        commands.push_back({tombstones_sql(resource), {}, false});
    }

    // Nothing where its tables are as the app says. invalid: the app's fields do not fit what is
    // there.
    Result<Commands> changes_of_tables(const Resource& resource) {
        const std::string sql = table_sql(resource);
        const auto made = meta_.find("table." + resource.name);
        Commands commands;
        if (made == meta_.end()) {
            append_new_tables(commands, resource);
        } else if (made->second != sql) {
            const KnownFields known = parse_fields(meta_["fields." + resource.name]);
            const std::string where = where_ + ", table " + resource.table + ": ";
            if (auto good = check_fields(resource, known, where); !good) return good.error();
            for (std::string& alter : alter_sql(resource, known))
                commands.push_back({std::move(alter), {}, false});
        }
        if (commands.empty()) return commands;
        put_meta(commands, "table." + resource.name, sql);
        put_meta(commands, "fields." + resource.name, fields_text(resource));
        return commands;
    }

    Task<void> prepare(const Resource& resource) {
        auto commands = changes_of_tables(resource);
        if (!commands) co_return commands.error();
        auto done = co_await connection_.run(std::move(*commands));
        if (done) co_return Result<void>{};
        if (done.error().code == Errc::locked || connection_.lost()) co_return failed(done.error());
        const bool upgrade = meta_.contains("table." + resource.name);
        co_return invalid("the table " + resource.table +
                          (upgrade ? ": the rows do not fit the app's new rules: " : ": ") +
                          done.error().what);
    }

    // The trigger is made anew where the table's columns have changed.
    Task<void> prepare_capture(const Resource& resource) {
        const std::string name = "capture." + resource.name;
        const auto made = meta_.find(name);
        if (!resource.captured && made == meta_.end()) co_return Result<void>{};
        std::string text;
        Commands commands;
        for (std::string& sql :
             resource.captured ? capture_sql(resource) : no_capture_sql(resource)) {
            text += sql;
            commands.push_back({std::move(sql), {}, false});
        }
        if (resource.captured && made != meta_.end() && made->second == text) {
            co_return Result<void>{};
        }
        if (resource.captured) {
            put_meta(commands, name, text);
        } else {
            auto lost = co_await forget_captured(resource);
            if (!lost) co_return lost;
            commands.push_back({"DELETE FROM atoll_meta WHERE name = $1",
                                Parameters{}.add(std::string_view{name}), false});
        }
        co_return co_await execute(std::move(commands));
    }

    Task<void> forget_captured(const Resource& resource) {
        Commands commands;
        commands.push_back(
            {"SELECT count(*) FROM " + quoted_name(captures_of(resource)), {}, false});
        auto answers = co_await connection_.run(std::move(commands));
        if (!answers) co_return failed(answers.error());
        if (answers->front().natural(0, 0) > 0) {
            log::warn("Capturing was turned off before all was taken in: it stays in this table",
                      {{"table", resource.table}});
        }
        co_return Result<void>{};
    }

    Task<void> prepare_indexes(const Resource& resource) {
        Commands commands;
        for (const Index& index : indexes_of(resource)) {
            const std::string name = "index." + index.name;
            const auto made = meta_.find(name);
            if (made != meta_.end() && made->second == index.sql) continue;
            commands.push_back({"DROP INDEX IF EXISTS " + quoted_name(index.name), {}, false});
            commands.push_back({index.sql, {}, false});
            put_meta(commands, name, index.sql);
        }
        co_return co_await execute(std::move(commands));
    }

    Task<BatchRow> newest() {
        Commands commands;
        commands.push_back(lock_command());
        commands.push_back(newest_command({}));
        auto answers = co_await connection_.run(std::move(commands));
        if (!answers) co_return failed(answers.error());
        auto newest = read_newest(schema_, answers->back(), {});
        if (!newest) co_return newest.error();
        co_return std::move(**newest);
    }

    // The rows of tables that were taken over are in no digest yet: this cursor tells the node to
    // add them before it serves.
    Task<void> begin_takeover() {
        if (existing_.empty()) co_return Result<void>{};
        auto row = co_await newest();
        if (!row) co_return row.error();
        row->ledger.cursors[std::string{takeover_cursor}] = "begun";
        const Hash128 token = hash_of("takeover " + options_.incarnation);
        row->mark = {row->mark.number + 1, static_cast<std::int64_t>(token.low >> 1)};
        fault_point("takeover");
        Commands save;
        save.push_back(save_command(schema_, *row));
        co_return co_await execute(std::move(save));
    }

    // Stores of earlier versions listed conflicts without ids.
    Task<void> name_conflicts() {
        Commands look;
        look.push_back(unnamed_conflicts());
        auto answers = co_await connection_.run(std::move(look));
        if (!answers) co_return failed(answers.error());
        const std::vector<Conflict> listed = read_conflicts(schema_, answers->front());
        if (listed.empty()) co_return Result<void>{};
        std::map<std::string, Conflict> named;
        for (const Conflict& old : listed) {
            for (Conflict& conflict : upgraded(schema_[old.record.resource], old))
                named.emplace(conflict.id, std::move(conflict));
        }
        auto row = co_await newest();
        if (!row) co_return row.error();
        row->ledger.cursors.emplace(conflicts_cursor, "listed");
        const Hash128 token = hash_of("conflicts " + options_.incarnation);
        row->mark = {row->mark.number + 1, static_cast<std::int64_t>(token.low >> 1)};
        Commands save;
        save.push_back(remove_unnamed(listed));
        save.push_back(save_conflicts(schema_, values_of_all(named)));
        save.push_back(save_command(schema_, *row));
        co_return co_await execute(std::move(save));
    }

    Task<void> list_shared() {
        const std::string fields = shared_fields_text(schema_);
        const auto known = meta_.find(std::string{shared_name});
        if (known != meta_.end() && known->second == fields) co_return Result<void>{};
        const std::vector<SharedQuery> queries = shared_queries(schema_);
        Commands look;
        look.push_back({forget_shared_sql, {}, false});
        for (const SharedQuery& query : queries)
            look.push_back({query.sql, {}, false});
        auto answers = co_await connection_.run(std::move(look));
        if (!answers) co_return failed(answers.error());
        std::map<std::string, Conflict> listed;
        for (std::size_t i = 0; i < queries.size(); ++i)
            add_listed(queries[i], (*answers)[i + 1], listed);
        Commands save;
        if (!listed.empty()) save.push_back(save_conflicts(schema_, values_of_all(listed)));
        put_meta(save, shared_name, fields);
        co_return co_await execute(std::move(save));
    }

    void add_listed(const SharedQuery& query, const Answer& answer,
                    std::map<std::string, Conflict>& listed) const {
        for (int at = 0; at < answer.rows(); ++at) {
            const StoredRow stored = row_at(answer, at, schema_[query.resource]);
            if (!stored.readable()) continue;
            Conflict conflict = query.conflict_of(stored.row);
            conflict.at = latest_stamp(stored.row).time;
            if (!conflict.id.empty()) listed.emplace(conflict.id, std::move(conflict));
        }
    }

    static std::vector<Conflict> values_of_all(const std::map<std::string, Conflict>& listed) {
        std::vector<Conflict> all;
        for (const auto& [id, conflict] : listed)
            all.push_back(conflict);
        return all;
    }

    // Stores kept it elsewhere before. The ledger must have it: a new life is begun in the same
    // batch.
    Task<void> move_identity() {
        auto row = co_await newest();
        if (!row) co_return row.error();
        row->ledger.cursors.emplace(identity_cursor,
                                    identity_text(earlier_identity(meta_["identity"])));
        row->mark = {row->mark.number + 1, first_token()};
        Commands save;
        save.push_back(save_command(schema_, *row));
        save.push_back({"DELETE FROM atoll_meta WHERE name = 'identity'", {}, false});
        co_return co_await execute(std::move(save));
    }

    Connection& connection_;
    const Schema& schema_;
    const StoreOptions& options_;
    const std::string where_;
    bool exists_ = false;  // the store is there already
    std::map<std::string, std::string> meta_;
    // Tables that another program made, and the statements that make them the app's.
    std::map<ResourceId, std::vector<std::string>> existing_;
};

}  // namespace

const char* const prepare_lock_sql = "SELECT pg_advisory_xact_lock(7021973)";
const char* const try_prepare_lock_sql = "SELECT pg_try_advisory_lock(7021973)";

Task<StorageIdentity> prepare_database(Connection& connection, const Schema& schema,
                                       const StoreOptions& options) {
    Preparation preparation{connection, schema, options};
    auto done = co_await preparation.run();
    co_return done;
}

}  // namespace reef::store::postgres
