#include "store/postgres/statements.hpp"

#include "store/columns.hpp"
#include "store/postgres/adopt/capture.hpp"
#include "store/postgres/parameters.hpp"
#include "store/postgres/table.hpp"

namespace reef::store::postgres {

namespace {

// The mark of a row: the transaction that wrote it.
constexpr const char* marked = ", xmin::text";

std::string select_from(const Resource& resource, const std::string& table,
                        const std::string& more = "") {
    return "SELECT " + columns_of(resource) + more + " FROM " + quoted_name(table);
}

// Reads both tables in one statement, which sees one moment: a record is in one of the two then. It
// is in both only if another program has inserted it beside its tombstone.
std::string select_from_both(const Resource& resource, const std::string& where,
                             const std::string& more = "") {
    const auto lives = [&more](const char* alive) { return more.empty() ? "" : more + alive; };
    return select_from(resource, resource.table, lives(", true")) + where + " UNION ALL " +
           select_from(resource, tombstones_of(resource), lives(", false")) + where;
}

std::string raw_sql(const Resource& resource) {
    const std::string where = " AS old WHERE " + quoted_name(resource.key_field().name) + " = $1" +
                              order_cast(resource.key_field());
    const std::string from = "SELECT row_to_json(old)::text FROM ";
    return from + quoted_name(resource.table) + where + " UNION ALL " + from +
           quoted_name(tombstones_of(resource)) + where;
}

std::string array_of(Type type) {
    return std::string{name_of(type)} + "[]";
}

// The type that an array's elements are cast to. Never varchar(n): the cast would cut a text that
// is too long, while the assignment to the column refuses it.
std::string cast_of(const Field& field) {
    switch (field.type) {
        case FieldType::decimal:
            return "::numeric";
        case FieldType::uuid:
            return "::uuid";
        case FieldType::json:
            return "::json";
        default:
            return "";
    }
}

std::string cast_of_order(const Field& field) {
    return field.type == FieldType::json ? "" : cast_of(field);
}

std::string key_of(const Resource& resource) {
    return quoted_name(resource.key_field().name);
}

// What another program has deleted is not free before the batch that takes its deletion in.
std::string taken_sql(const Resource& resource) {
    const auto keys_in = [&resource](const std::string& table) {
        return "SELECT " + key_of(resource) + " FROM " + quoted_name(table) + among_keys(resource);
    };
    std::string sql = keys_in(resource.table) + " UNION ALL " + keys_in(tombstones_of(resource));
    if (resource.captured) sql += " UNION ALL " + keys_in(captures_of(resource));
    return sql;
}

// Locks rows in the order of their keys: two programs that do so cannot deadlock.
std::string lock_sql(const Resource& resource) {
    return "SELECT " + key_of(resource) + " FROM " + quoted_name(resource.table) +
           among_keys(resource) + " ORDER BY " + key_of(resource) +
           " FOR NO KEY UPDATE SKIP LOCKED";
}

// About as many as a row has as text: only of what has no bound of its own the bytes are counted.
std::string bytes_of_row(const Resource& resource) {
    std::string bytes = std::to_string(32 * resource.fields.size()) +
                        " + octet_length(piece.atoll_vector) + octet_length(piece.atoll_state)";
    for (const Field& field : resource.fields) {
        if (field.type != FieldType::text && field.type != FieldType::json) continue;
        bytes += " + coalesce(octet_length(piece." + quoted_name(field.name) + "::text), 0)";
    }
    return bytes;
}

// The database adds up the rows' bytes and ends the piece there, so that no more is sent. Each of
// the two tables is asked for a whole piece: a LIMIT on their union would sort all rows for every
// piece.
std::string scan_sql(const Resource& resource, bool after) {
    const std::string key = key_of(resource);
    const std::string where =
        after ? " WHERE " + key + " > $3" + order_cast(resource.key_field()) : "";
    const std::string first = " ORDER BY " + key + " LIMIT $1";
    const auto part_of = [&](const std::string& table) {
        return '(' + select_from(resource, table) + where + first + ')';
    };
    return "SELECT * FROM (SELECT piece.*, sum(" + bytes_of_row(resource) +
           ") OVER (ORDER BY piece." + key +
           " ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS atoll_before FROM (" +
           part_of(resource.table) + " UNION ALL " + part_of(tombstones_of(resource)) + first +
           ") AS piece) AS sized WHERE coalesce(atoll_before, 0) < $2 ORDER BY " + key;
}

// unnest($1::bigint[], $2::text[], …) AS new(c0, c1, …), and new.c1::numeric, …: the fields, then
// vector, state and hash; and the marks of those that are there already.
struct NewRows {
    explicit NewRows(const Resource& resource, bool there = false) {
        const std::vector<Type> state{Type::text, Type::text, Type::bytes};
        source = "unnest(";
        std::string names;
        const std::size_t fields = resource.fields.size();
        for (std::size_t i = 0; i < fields + state.size(); ++i) {
            const std::string comma = i == 0 ? "" : ", ";
            const std::string name = 'c' + std::to_string(i);
            const Type type = i < fields ? array_type(resource.fields[i]) : state[i - fields];
            source += comma + '$' + std::to_string(i + 1) + "::" + array_of(type);
            names += comma + name;
            values.push_back("new." + name + (i < fields ? cast_of(resource.fields[i]) : ""));
        }
        if (there) {
            source += ", $" + std::to_string(values.size() + 1) + "::text[]";
            names += ", mark";
        }
        source += ") AS new(" + names + ')';
    }
    std::string source;
    std::vector<std::string> values;
};

std::string insert_sql(const Resource& resource, const std::string& table) {
    const NewRows added{resource};
    std::string sql =
        "INSERT INTO " + quoted_name(table) + " (" + columns_of(resource) + ") SELECT ";
    for (std::size_t i = 0; i < added.values.size(); ++i)
        sql += (i == 0 ? "" : ", ") + added.values[i];
    return sql + " FROM " + added.source;
}

// A row that another program has changed or deleted since it was loaded is not written. Then fewer
// rows are counted than the batch has, the division by zero fails, and the batch is not saved.
std::string written_all(const std::string& sql, const std::string& counted, std::size_t number) {
    return "WITH written AS (" + sql + ") SELECT 1 / (count(" + counted + ") = $" +
           std::to_string(number) + ")::int FROM written";
}

std::string remove_sql(const Resource& resource) {
    return written_all("DELETE FROM " + quoted_name(resource.table) + " AS old USING unnest(" +
                           keys_of(resource) + ", $2::text[]) AS gone(key, mark) WHERE old." +
                           key_of(resource) +
                           " = gone.key AND (gone.mark IS NULL OR old.xmin = gone.mark::xid)"
                           " RETURNING gone.mark",
                       "mark", 3);
}

std::string update_sql(const Resource& resource) {
    const NewRows changed{resource, true};
    std::string sql = "UPDATE " + quoted_name(resource.table) + " AS old SET ";
    for (FieldId id = 0; id < resource.fields.size(); ++id) {
        if (id == resource.key) continue;
        sql += quoted_name(resource.fields[id].name) + " = " + changed.values[id] + ", ";
    }
    const std::size_t state = resource.fields.size();
    sql += "atoll_vector = " + changed.values[state] +
           ", atoll_state = " + changed.values[state + 1] +
           ", atoll_hash = " + changed.values[state + 2];
    sql += " FROM " + changed.source + " WHERE old." + key_of(resource) + " = " +
           changed.values[resource.key] + " AND old.xmin = new.mark::xid RETURNING 1";
    return written_all(sql, "*", changed.values.size() + 2);
}

FieldStatements statements_by(const Resource& resource, const Field& field) {
    const std::string order = order_of(field);
    const std::string wanted = " FROM unnest($1::" + array_of(order_type(field)) +
                               ") WITH ORDINALITY AS wanted(atoll_value, atoll_place)";
    const std::string same = order + " = wanted.atoll_value" + cast_of_order(field);
    FieldStatements by;
    by.find =
        select_from(resource, resource.table) + " WHERE " + order + " = $1" + order_cast(field);
    by.find_several = "SELECT wanted.atoll_place, " + columns_of(resource) + wanted + " JOIN " +
                      quoted_name(resource.table) + " ON " + same;
    by.find_used = "SELECT wanted.atoll_place" + wanted + " WHERE EXISTS (SELECT FROM " +
                   quoted_name(resource.table) + " WHERE " + same + ')';
    return by;
}

// What is in conflict while `condition` holds of wanted.atoll_value.
std::string list_while(const Field& field, const std::string& condition) {
    return "INSERT INTO atoll_conflicts (name, resource, key, at, kind, detail)"
           " SELECT wanted.name, wanted.resource, wanted.key, wanted.at, wanted.kind,"
           " wanted.detail FROM unnest($1::" +
           array_of(order_type(field)) +
           ", $2::text[], $3::text[], $4::text[], $5::timestamp[], $6::text[], $7::text[])"
           " AS wanted(atoll_value, name, resource, key, at, kind, detail) WHERE " +
           condition + " ON CONFLICT (name) DO NOTHING";
}

std::string unlist_unless(const Field& field, const std::string& condition) {
    return "DELETE FROM atoll_conflicts AS listed USING unnest($1::" + array_of(order_type(field)) +
           ", $2::text[]) AS wanted(atoll_value, name) WHERE listed.name = wanted.name AND NOT (" +
           condition + ')';
}

// The table's columns may be called as those of `wanted`: they are named by their tables.
void add_shared(const Schema& schema, const Resource& resource, const Field& field,
                FieldStatements& by) {
    if (!field.unique && field.refers_to.empty()) return;
    const std::string same = order_of(field) + " = wanted.atoll_value" + cast_of_order(field);
    const std::string holders = "SELECT FROM " + quoted_name(resource.table) + " WHERE " + same;
    const std::string two = "(SELECT count(*) FROM (" + holders + " LIMIT 2) AS atoll_holders) = 2";
    by.list_shared = list_while(field, two);
    by.unlist_shared = unlist_unless(field, two);
    const Resource* target = schema.find(field.refers_to);
    if (!target) return;
    const std::string buried = "EXISTS (" + holders + ") AND EXISTS (SELECT FROM " +
                               quoted_name(tombstones_of(*target)) + " WHERE " + key_of(*target) +
                               " = wanted.atoll_value" + cast_of(target->key_field()) + ')';
    by.list_buried = list_while(field, buried);
    by.unlist_buried = unlist_unless(field, buried);
}

}  // namespace

std::string keys_of(const Resource& resource) {
    const Field& field = resource.key_field();
    return "$1::" + array_of(key_type(field)) +
           (cast_of(field).empty() ? "" : cast_of(field) + "[]");
}

std::string among_keys(const Resource& resource) {
    return " WHERE " + key_of(resource) + " = ANY (" + keys_of(resource) + ')';
}

RowStatements::RowStatements(const Resource& resource)
    : find(select_from_both(
          resource, " WHERE " + key_of(resource) + " = $1" + order_cast(resource.key_field()))),
      find_several(select_from_both(resource, among_keys(resource), marked)),
      find_taken(taken_sql(resource)),
      lock(lock_sql(resource)),
      scan(scan_sql(resource, false)),
      scan_after(scan_sql(resource, true)),
      insert(insert_sql(resource, resource.table)),
      insert_tombstones(insert_sql(resource, tombstones_of(resource))),
      update(update_sql(resource)),
      remove(remove_sql(resource)),
      remove_tombstones("DELETE FROM " + quoted_name(tombstones_of(resource)) +
                        among_keys(resource)),
      erase("DELETE FROM " + quoted_name(resource.table) + among_keys(resource)),
      raw(raw_sql(resource)) {
    if (resource.captured) {
        find_captured = find_captured_sql(resource);
        forget_captured = forget_sql(resource);
        pending = pending_sql(resource);
    }
    for (const Field& field : resource.fields)
        by_field.push_back(statements_by(resource, field));
}

std::vector<RowStatements> make_statements(const Schema& schema) {
    std::vector<RowStatements> all;
    for (const Resource& resource : schema.resources) {
        all.emplace_back(resource);
        for (FieldId id = 0; id < resource.fields.size(); ++id)
            add_shared(schema, resource, resource.fields[id], all.back().by_field[id]);
    }
    return all;
}

}  // namespace reef::store::postgres
