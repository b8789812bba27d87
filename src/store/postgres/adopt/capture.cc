#include "store/postgres/adopt/capture.hpp"

#include "store/postgres/ledger.hpp"
#include "store/postgres/table.hpp"

namespace reef::store::postgres {

namespace {

// PostgreSQL runs AFTER triggers in the order of their names. This name sorts before those of the
// table's owner, whose triggers may write the row once more.
constexpr const char* trigger = "\"0_atoll_capture\"";
constexpr const char* truncate_trigger = "\"0_atoll_truncate\"";
constexpr const char* numbers = "public.atoll_captured";

std::string function_of(const Resource& resource) {
    return "public." + quoted_name(captures_of(resource));
}

std::string truncate_function_of(const Resource& resource) {
    return "public." + quoted_name("atoll_truncate_" + resource.table);
}

// OLD."id", OLD."price", …
std::string image(const Resource& resource, const std::string& row) {
    std::string columns;
    for (const Field& field : resource.fields)
        columns += row + '.' + quoted_name(field.name) + ", ";
    return columns + row + ".atoll_vector, " + row + ".atoll_state, " + row + ".atoll_hash";
}

std::string note(const Resource& resource, const std::string& row, const std::string& after) {
    return "INSERT INTO public." + quoted_name(captures_of(resource)) +
           " (atoll_number, atoll_after, atoll_at, " + columns_of(resource) + ") VALUES (number, " +
           after + ", clock_timestamp() AT TIME ZONE 'UTC', " + image(resource, row) + ");";
}

// SECURITY DEFINER: the other program's user needs no rights on Atoll's tables.
std::string function_sql(const Resource& resource) {
    return "CREATE OR REPLACE FUNCTION " + function_of(resource) +
           "() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER"
           " SET search_path = pg_catalog, public, pg_temp AS $atoll$\n"
           "DECLARE number bigint := nextval('" +
           numbers + "');\nBEGIN\n  IF TG_OP <> 'INSERT' THEN " + note(resource, "OLD", "false") +
           " END IF;\n  IF TG_OP <> 'DELETE' THEN " + note(resource, "NEW", "true") +
           " END IF;\n  PERFORM pg_notify('" + notices +
           "', 'captured');\n  RETURN NULL;\nEND $atoll$";
}

std::string truncate_sql(const Resource& resource) {
    return "CREATE OR REPLACE FUNCTION " + truncate_function_of(resource) +
           "() RETURNS trigger LANGUAGE plpgsql AS $atoll$\nBEGIN\n"
           "  RAISE EXCEPTION 'Atoll cannot tell other nodes of TRUNCATE'"
           " USING HINT = 'DELETE FROM " +
           resource.table + " deletes the records everywhere';\nEND $atoll$";
}

std::string create_trigger(const Resource& resource) {
    const std::string table = quoted_name(resource.table);
    return std::string{"CREATE TRIGGER "} + trigger + " AFTER INSERT OR UPDATE OR DELETE ON " +
           table + " FOR EACH ROW WHEN (current_setting(" + quoted_text(own_writes.first) +
           ", true) IS DISTINCT FROM " + quoted_text(own_writes.second) + ") EXECUTE FUNCTION " +
           function_of(resource) + "()";
}

std::vector<std::string> drop_triggers(const Resource& resource) {
    const std::string on = " ON " + quoted_name(resource.table);
    return {std::string{"DROP TRIGGER IF EXISTS "} + trigger + on,
            std::string{"DROP TRIGGER IF EXISTS "} + truncate_trigger + on};
}

}  // namespace

const std::pair<std::string, std::string> own_writes{"atoll.batch", "on"};

std::string captures_of(const Resource& resource) {
    return "atoll_capture_" + resource.table;
}

// The columns have the types of the table's columns but none of their rules, so that every row
// fits. ENABLE ALWAYS: the triggers also run for what a replication or a restore writes.
std::vector<std::string> capture_sql(const Resource& resource) {
    const std::string table = quoted_name(captures_of(resource));
    const std::string key = quoted_name(resource.key_field().name);
    std::vector<std::string> all{std::string{"CREATE SEQUENCE IF NOT EXISTS "} + numbers,
                                 "CREATE TABLE IF NOT EXISTS " + table +
                                     " (atoll_number BIGINT NOT NULL, atoll_after BOOLEAN NOT NULL,"
                                     " atoll_at TIMESTAMP NOT NULL, " +
                                     key + ' ' + column_type(resource.key_field()) +
                                     ", atoll_vector TEXT, atoll_state TEXT, atoll_hash BYTEA,"
                                     " PRIMARY KEY (" +
                                     key + ", atoll_number, atoll_after))"};
    for (const Field& field : resource.fields) {
        const std::string type = quoted_name(field.name) + " TYPE " + column_type(field);
        all.push_back("ALTER TABLE " + table + " ADD COLUMN IF NOT EXISTS " +
                      quoted_name(field.name) + ' ' + column_type(field));
        all.push_back("ALTER TABLE " + table + " ALTER COLUMN " + type);
    }
    all.push_back(function_sql(resource));
    all.push_back(truncate_sql(resource));
    for (std::string& sql : drop_triggers(resource))
        all.push_back(std::move(sql));
    const std::string user_table = quoted_name(resource.table);
    all.push_back(create_trigger(resource));
    all.push_back(std::string{"CREATE TRIGGER "} + truncate_trigger + " BEFORE TRUNCATE ON " +
                  user_table + " FOR EACH STATEMENT EXECUTE FUNCTION " +
                  truncate_function_of(resource) + "()");
    all.push_back("ALTER TABLE " + user_table + " ENABLE ALWAYS TRIGGER " + trigger);
    return all;
}

std::vector<std::string> no_capture_sql(const Resource& resource) {
    std::vector<std::string> all = drop_triggers(resource);
    for (const std::string& function : {function_of(resource), truncate_function_of(resource)})
        all.push_back("DROP FUNCTION IF EXISTS " + function + "()");
    all.push_back("DROP TABLE IF EXISTS " + quoted_name(captures_of(resource)));
    return all;
}

std::string find_captured_sql(const Resource& resource) {
    return "SELECT atoll_number, atoll_after, atoll_at, " + columns_of(resource) + " FROM " +
           quoted_name(captures_of(resource)) + among_keys(resource) +
           " ORDER BY atoll_number, atoll_after";
}

std::string pending_sql(const Resource& resource) {
    return "SELECT DISTINCT " + quoted_name(resource.key_field().name) + " FROM " +
           quoted_name(captures_of(resource)) + " LIMIT $1";
}

std::string forget_sql(const Resource& resource) {
    return "DELETE FROM " + quoted_name(captures_of(resource)) + " AS old USING unnest(" +
           keys_of(resource) + ", $2::bigint[]) AS done(key, number) WHERE old." +
           quoted_name(resource.key_field().name) +
           " = done.key AND old.atoll_number = done.number";
}

CapturedRows::CapturedRows(const Resource& resource)
    : resource_(resource), keys_(key_type(resource.key_field())) {}

// An update of the key is captured as two writes: the row before it under the old key, the row
// after it under the new one.
Result<void> CapturedRows::read(const Answer& answer, const std::map<RecordRef, StoredRow>& buried,
                                LoadResult& loaded) {
    constexpr int first = 3;
    std::map<RecordRef, std::pair<std::uint64_t, std::size_t>> latest;  // number, place in the list
    RecordColumns columns;
    for (int at = 0; at < answer.rows(); ++at) {
        const RecordRef ref{resource_.id,
                            answer.key(at, first + resource_.key, resource_.key_field())};
        if (loaded.locked.contains(ref)) continue;
        const std::uint64_t number = answer.natural(at, 0);
        const bool after = answer.text(at, 1) == "t";
        const auto known = latest.find(ref);
        if (known == latest.end()) {
            const auto tombstone = buried.find(ref);
            loaded.rows.erase(ref);
            loaded.unreadable.erase(ref);
            if (!after) {
                StoredRow row = row_at(answer, at, resource_, first);
                if (!row.readable()) return Error{Errc::invalid, row.unreadable};
                loaded.rows.emplace(ref, std::move(row));
            } else if (tombstone != buried.end()) {
                loaded.rows.emplace(ref, tombstone->second);
            }
        }
        if (known == latest.end() || known->second.first != number) {
            latest[ref] = {number, loaded.captured.size()};
            loaded.captured.push_back({ref, answer.time(at, 2), std::nullopt, std::nullopt});
            keys_.add_key(ref.key);
            numbers_.add(static_cast<std::int64_t>(number));
        }
        read_columns(answer, at, resource_, columns, first);
        auto values = values_from(resource_, columns);
        if (!values) return values.error();
        Captured& captured = loaded.captured[latest[ref].second];
        (after ? captured.after : captured.before) = std::move(*values);
    }
    return {};
}

Command CapturedRows::forget(const std::vector<RowStatements>& statements) const {
    return {statements[resource_.id].forget_captured, Parameters{}.add(keys_).add(numbers_)};
}

}  // namespace reef::store::postgres
