#include "store/sqlite/schema.hpp"

#include <algorithm>

#include "store/shared_now.hpp"
#include "store/sqlite/conflict_log.hpp"
#include "store/sqlite/event_log.hpp"
#include "store/sqlite/ledger.hpp"
#include "store/sqlite/log.hpp"
#include "store/sqlite/requests.hpp"
#include "store/sqlite/row.hpp"
#include "store/sqlite/table.hpp"

namespace reef::store::sqlite {

namespace {

Error invalid(std::string what) {
    return {Errc::invalid, std::move(what)};
}

class Preparation {
public:
    Preparation(Connection& connection, const Schema& schema, const StoreOptions& options)
        : connection_(connection), schema_(schema), options_(options), meta_(connection) {}

    Result<void> run() {
        const auto tables = texts("SELECT name FROM sqlite_schema WHERE type = 'table'");
        if (!tables) return tables.error();
        const bool ours = std::find(tables->begin(), tables->end(), "atoll_meta") != tables->end();
        if (!ours && !tables->empty()) {
            return invalid(options_.file + " is another program's database: it has the table " +
                           tables->front() + " and none of Atoll's");
        }
        if (auto done = ours ? check() : create(); !done) return done;
        // Stores of earlier versions have no events.
        if (auto done = connection_.run(events_sql); !done) return done;
        if (auto done = name_conflicts(); !done) return done;
        for (const Resource& resource : schema_.resources) {
            if (auto done = prepare(resource); !done) return done;
        }
        return list_shared();
    }

private:
    Result<void> create() {
        const std::string sql = std::string{meta_sql} + log_sql + requests_sql + conflict_log_sql;
        if (auto done = connection_.run(sql); !done) return done;
        const std::string origin = options_.node + '.' + options_.incarnation;
        if (auto done = meta_.put("format", format); !done) return done;
        if (auto done = meta_.put("node", options_.node); !done) return done;
        if (auto done = meta_.put("origin", origin); !done) return done;
        Ledger ledger;
        ledger.self = origin;
        ledger.origins.emplace(origin, OriginMark{});
        return LedgerTable{connection_, schema_}.save(Ledger{}, ledger);
    }

    Result<void> check() {
        const auto found = meta_.integer("format");
        if (!found) return found.error();
        if (*found != format) {
            return invalid(options_.file + " has the format " + std::to_string(*found) +
                           ", which this version of Atoll cannot read (it knows " +
                           std::to_string(format) + ')');
        }
        const auto node = meta_.text("node");
        if (!node) return node.error();
        if (*node != options_.node) {
            return invalid(options_.file + " is the store of the node " + node->value_or("?") +
                           ", not of " + options_.node);
        }
        return {};
    }

    // Stores of earlier versions listed conflicts without ids.
    Result<void> name_conflicts() {
        const auto known = texts("SELECT name FROM pragma_table_info('atoll_conflicts')");
        if (!known) return known.error();
        if (std::find(known->begin(), known->end(), "name") == known->end()) {
            if (auto done = connection_.run(conflict_ids_sql); !done) return done;
        }
        ConflictLog log{connection_, schema_};
        auto any = log.name_all();
        if (!any) return any.error();
        if (!*any) return {};
        LedgerTable table{connection_, schema_};
        auto ledger = table.load();
        if (!ledger) return ledger.error();
        const Ledger before = *ledger;
        ledger->cursors.emplace(conflicts_cursor, "listed");
        return table.save(before, *ledger);
    }

    Result<void> prepare(const Resource& resource) {
        const std::string sql = table_sql(resource, resource.table);
        const auto made = meta_.text("table." + resource.name);
        if (!made) return made.error();
        if (!*made) {
            auto done = connection_.run(sql + ';' + tombstones_sql(resource));
            if (!done) {
                return invalid("the table of " + resource.name + ": " + done.error().what);
            }
        } else if (**made != sql) {
            if (auto done = upgrade(resource); !done) return done;
        }
        if (!*made || **made != sql) {
            if (auto done = meta_.put("table." + resource.name, sql); !done) return done;
            auto done = meta_.put("fields." + resource.name, fields_text(resource));
            if (!done) return done;
        }
        return prepare_indexes(resource);
    }

    Result<void> prepare_indexes(const Resource& resource) {
        for (const Index& index : indexes_of(resource)) {
            const auto made =
                texts("SELECT sql FROM sqlite_schema WHERE name = " + quoted_text(index.name));
            if (!made) return made.error();
            if (!made->empty() && made->front() == index.sql) continue;
            const std::string drop = "DROP INDEX IF EXISTS " + quoted_name(index.name) + ';';
            if (auto done = connection_.run(drop + index.sql); !done) return done;
        }
        return {};
    }

    Result<void> list_shared() {
        const std::string fields = shared_fields_text(schema_);
        const auto known = meta_.text(shared_name);
        if (!known) return known.error();
        if (*known && **known == fields) return {};
        if (auto done = connection_.run(forget_shared_sql); !done) return done;
        for (const SharedQuery& query : shared_queries(schema_)) {
            if (auto done = list_each(query); !done) return done;
        }
        return meta_.put(shared_name, fields);
    }

    Result<void> list_each(const SharedQuery& query) {
        Statement statement{connection_, query.sql};
        ConflictLog log{connection_, schema_};
        for (;;) {
            const auto found = statement.step();
            if (!found) return found.error();
            if (!*found) return {};
            const StoredRow stored = row_at(statement, schema_[query.resource]);
            if (!stored.readable()) continue;
            Conflict conflict = query.conflict_of(stored.row);
            if (conflict.id.empty()) continue;
            conflict.at = latest_stamp(stored.row).time;
            if (auto done = log.save(conflict); !done) return done;
        }
    }

    // invalid: the app's fields would lose what the table holds, or cannot be had for its rows.
    Result<void> check_fields(const Resource& resource, const KnownFields& known) {
        const std::string where = options_.file + ", table " + resource.table + ": ";
        if (auto good = store::check_fields(resource, known, where); !good) return good;
        const auto columns =
            texts("SELECT name FROM pragma_table_info(" + quoted_text(resource.table) + ')');
        if (!columns) return columns.error();
        for (const std::string& column : *columns) {
            if (known.contains(column) || column.starts_with("atoll_")) continue;
            return invalid(where + "the column \"" + column +
                           "\" is not the app's, and the table must be made anew for the app's "
                           "changes; move it to a table of its own");
        }
        return {};
    }

    // SQLite cannot change a column's rules: the table is made anew and the rows are copied.
    Result<void> upgrade(const Resource& resource) {
        const auto stored = meta_.text("fields." + resource.name);
        if (!stored) return stored.error();
        const auto known = parse_fields(stored->value_or(""));
        if (auto done = check_fields(resource, known); !done) return done;
        const auto added = added_by_people(resource);
        if (!added) return added.error();
        if (auto done = copy_rows(resource, known); !done) {
            return invalid(options_.file + ", table " + resource.table +
                           ": the rows do not fit the app's new rules: " + done.error().what);
        }
        std::string exchange = "PRAGMA legacy_alter_table = ON; DROP TABLE " +
                               quoted_name(resource.table) + "; ALTER TABLE " +
                               quoted_name(copy_of(resource)) + " RENAME TO " +
                               quoted_name(resource.table) + "; PRAGMA legacy_alter_table = OFF;";
        for (const std::string& sql : *added)
            exchange += sql + ';';
        return connection_.run(exchange);
    }

    static std::string copy_of(const Resource& resource) { return "atoll_new_" + resource.table; }

    // The indexes and triggers that people added: they are dropped with the old table.
    Result<std::vector<std::string>> added_by_people(const Resource& resource) {
        return texts(
            "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND "
            "type IN ('index', 'trigger') AND tbl_name = " +
            quoted_text(resource.table));
    }

    // The table of tombstones has no rules: it only gets the new columns.
    Result<void> copy_rows(const Resource& resource, const KnownFields& known) {
        std::string columns, tombstone_columns;
        for (const Field& field : resource.fields) {
            if (known.contains(field.name)) {
                columns += quoted_name(field.name) + ", ";
            } else {
                tombstone_columns += "ALTER TABLE " + quoted_name(tombstones_of(resource)) +
                                     " ADD COLUMN " + quoted_name(field.name) + " ANY;";
            }
        }
        columns += "atoll_vector, atoll_state, atoll_hash";
        const std::string copy = copy_of(resource);
        return connection_.run(tombstone_columns + table_sql(resource, copy) + "; INSERT INTO " +
                               quoted_name(copy) + " (" + columns + ") SELECT " + columns +
                               " FROM " + quoted_name(resource.table));
    }

    // The first column of all rows.
    Result<std::vector<std::string>> texts(const std::string& sql) {
        Statement statement{connection_, sql};
        std::vector<std::string> all;
        for (;;) {
            const auto found = statement.step();
            if (!found) return found.error();
            if (!*found) return all;
            all.emplace_back(statement.text(0));
        }
    }

    Connection& connection_;
    const Schema& schema_;
    const StoreOptions& options_;
    Meta meta_;
};

}  // namespace

Result<void> prepare_file(Connection& connection, const Schema& schema,
                          const StoreOptions& options) {
    if (auto done = connection.run("PRAGMA journal_mode = WAL"); !done) return done;
    if (auto done = connection.run("BEGIN IMMEDIATE"); !done) return done;
    const auto prepared = Preparation{connection, schema, options}.run();
    const auto ended = connection.run(prepared ? "COMMIT" : "ROLLBACK");
    if (!prepared) return prepared;
    return ended;
}

}  // namespace reef::store::sqlite
