#include "store/postgres/table.hpp"

#include <cctype>

#include "model/value_text.hpp"

namespace reef::store::postgres {

namespace {

// Text is compared by its bytes, whatever the database's collation is.
constexpr std::size_t name_bytes_max = 63;  // PostgreSQL cuts longer ones

constexpr std::string_view by_bytes = " COLLATE \"C\"";

bool is_text(const Field& field) {
    return field.type == FieldType::text || field.type == FieldType::lattice;
}

std::string literal(const Field& field, const Value& value) {
    if (is_null(value)) return "NULL";
    if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
    const std::string text = to_text(field, value);
    const bool number = field.type != FieldType::timestamp && field.type != FieldType::lattice &&
                        !std::holds_alternative<std::string>(value);
    return number ? text : quoted_text(text);
}

std::string range(const std::string& what, const std::string& low, const std::string& high) {
    if (!low.empty() && !high.empty()) return what + " BETWEEN " + low + " AND " + high;
    if (!low.empty()) return what + " >= " + low;
    if (!high.empty()) return what + " <= " + high;
    return "";
}

// The column's type limits the width. A counter has no upper bound here: two nodes may add to it at
// once, so that the sum passes the bound.
std::string number_check(const Field& field) {
    std::string low = field.type == FieldType::version ? "1" : "";
    std::string high;
    if (field.min) low = literal(field, *field.min);
    if (field.max && field.merge != Merge::counter) high = literal(field, *field.max);
    // NaN is a number to PostgreSQL, and above all others.
    if (field.type == FieldType::decimal && high.empty()) {
        std::int64_t nines = 1;
        for (int i = 0; i < field.precision; ++i)
            nines *= 10;
        high = literal(field, Value{nines - 1});
    }
    if (field.type == FieldType::floating) {
        constexpr std::string_view most = "1.7976931348623157e308";
        if (high.empty()) high = most;
        if (low.empty()) low = '-' + std::string{most};
    }
    return range(quoted_name(field.name), low, high);
}

bool not_null(const Resource& resource, const Field& field) {
    return !field.nullable || &field == &resource.key_field();
}

}  // namespace

std::string check_of(const Field& field) {
    const std::string column = quoted_name(field.name);
    switch (field.type) {
        case FieldType::int32:
        case FieldType::int64:
        case FieldType::version:
        case FieldType::floating:
        case FieldType::decimal:
            return number_check(field);
        case FieldType::text:
            return field.key == KeyKind::none ? "" : column + " <> ''";
        case FieldType::timestamp:
            return range(column, "'0001-01-01'", "'9999-12-31 23:59:59.999999'");
        case FieldType::lattice: {
            std::string names;
            for (const std::string& name : field.order)
                names += (names.empty() ? "" : ", ") + quoted_text(name);
            return column + " IN (" + names + ')';
        }
        default:
            return "";
    }
}

std::string default_of(const Field& field) {
    if (field.type == FieldType::version) return "1";
    if (field.default_value) return literal(field, *field.default_value);
    const bool set = field.set == SetBy::on_create || field.set == SetBy::on_write;
    return set ? "now()" : "";
}

std::string check_name(const Resource& resource, const Field& field) {
    return quoted_name((resource.table + "_" + field.name + "_check").substr(0, name_bytes_max));
}

std::string typed_column(const Field& field) {
    std::string sql = quoted_name(field.name) + ' ' + column_type(field);
    if (is_text(field)) sql += by_bytes;
    return sql;
}

std::string column_sql(const Resource& resource, const Field& field) {
    const bool key = &field == &resource.key_field();
    std::string sql = typed_column(field);
    if (key) sql += " PRIMARY KEY";
    if (!key && not_null(resource, field)) sql += " NOT NULL";
    const std::string value = default_of(field);
    if (!value.empty()) sql += " DEFAULT " + value;
    const std::string check = check_of(field);
    // A name that tells a person which rule was broken.
    if (!check.empty()) {
        sql += " CONSTRAINT " + check_name(resource, field) + " CHECK (" + check + ')';
    }
    return sql;
}

std::string column_type(const Field& field) {
    switch (field.type) {
        case FieldType::boolean:
            return "BOOLEAN";
        case FieldType::int32:
            // Several nodes may add at once: the sum must fit in any case.
            return field.merge == Merge::counter ? "BIGINT" : "INTEGER";
        case FieldType::version:
            return "INTEGER";
        case FieldType::int64:
            return "BIGINT";
        case FieldType::floating:
            return "DOUBLE PRECISION";
        case FieldType::decimal:
            return "NUMERIC(" + std::to_string(field.precision) + ',' +
                   std::to_string(field.scale) + ')';
        case FieldType::text:
            if (field.text_max > 0) return "VARCHAR(" + std::to_string(field.text_max) + ')';
            return "TEXT";
        case FieldType::timestamp:
            return "TIMESTAMP";
        case FieldType::uuid:
            return "UUID";
        case FieldType::json:
            return "JSON";  // JSONB would write numbers and spaces its own way
        case FieldType::lattice:
            return "TEXT";
    }
    return "TEXT";
}

std::string canonical_type(const Field& field) {
    switch (field.type) {
        case FieldType::decimal:
            return "numeric(" + std::to_string(field.precision) + ',' +
                   std::to_string(field.scale) + ')';
        case FieldType::timestamp:
            return "timestamp without time zone";
        case FieldType::text:
            if (field.text_max > 0)
                return "character varying(" + std::to_string(field.text_max) + ')';
            return "text";
        default: {
            std::string type = column_type(field);
            for (char& c : type)
                c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
            return type;
        }
    }
}

std::string table_sql(const Resource& resource) {
    std::string sql = "CREATE TABLE " + quoted_name(resource.table) + " (\n";
    for (const Field& field : resource.fields)
        sql += "  " + column_sql(resource, field) + ",\n";
    return sql +
           "  atoll_vector TEXT NOT NULL DEFAULT '',\n"
           "  atoll_state TEXT NOT NULL DEFAULT '',\n"
           "  atoll_hash BYTEA\n)";
}

std::string tombstones_sql(const Resource& resource) {
    std::string sql = "CREATE TABLE " + quoted_name(tombstones_of(resource)) + " (\n";
    for (const Field& field : resource.fields) {
        const bool key = &field == &resource.key_field();
        sql += "  " + typed_column(field) + (key ? " PRIMARY KEY,\n" : ",\n");
    }
    return sql +
           "  atoll_vector TEXT NOT NULL,\n"
           "  atoll_state TEXT NOT NULL,\n"
           "  atoll_hash BYTEA\n)";
}

std::vector<std::string> alter_sql(const Resource& resource, const KnownFields& known) {
    std::string table = "ALTER TABLE " + quoted_name(resource.table);
    std::string tombstones = "ALTER TABLE " + quoted_name(tombstones_of(resource));
    const char* comma = " ";
    for (const Field& field : resource.fields) {
        const std::string name = quoted_name(field.name);
        if (!known.contains(field.name)) {
            table += comma + ("ADD COLUMN " + column_sql(resource, field));
            tombstones += comma + ("ADD COLUMN " + typed_column(field));
            comma = ", ";
            continue;
        }
        const std::string type = column_type(field) + std::string{is_text(field) ? by_bytes : ""};
        const std::string column = "ALTER COLUMN " + name;
        table += comma + column + " TYPE " + type + ", " + column;
        tombstones += comma + column + " TYPE " + type;
        comma = ", ";
        table += not_null(resource, field) ? " SET NOT NULL, " : " DROP NOT NULL, ";
        const std::string value = default_of(field);
        table += column + (value.empty() ? " DROP DEFAULT" : " SET DEFAULT " + value);
        table += ", DROP CONSTRAINT IF EXISTS " + check_name(resource, field);
        const std::string check = check_of(field);
        if (check.empty()) continue;
        table += ", ADD CONSTRAINT " + check_name(resource, field) + " CHECK (" + check + ')';
    }
    return {std::move(table), std::move(tombstones)};
}

std::string order_of(const Field& field) {
    const std::string column = quoted_name(field.name);
    if (field.type == FieldType::json) return '(' + column + "::text" + std::string{by_bytes} + ')';
    if (field.type != FieldType::lattice) return column;
    std::string place = "(CASE " + column;
    for (std::size_t i = 0; i < field.order.size(); ++i)
        place += " WHEN " + quoted_text(field.order[i]) + " THEN " + std::to_string(i);
    return place + " END)";
}

std::string order_cast(const Field& field) {
    switch (field.type) {
        case FieldType::decimal:
            return "::numeric";
        case FieldType::uuid:
            return "::uuid";
        case FieldType::lattice:
            return "::bigint";
        default:
            return "::" + std::string{name_of(order_type(field))};
    }
}

std::vector<Index> indexes_of(const Resource& resource) {
    std::vector<Index> indexes;
    for (FieldId id = 0; id < resource.fields.size(); ++id) {
        if (!is_indexed(resource, id)) continue;
        const Field& field = resource.fields[id];
        const std::string name = index_name(resource, id).substr(0, name_bytes_max);
        // Nulls come first, as in lists.
        const std::string first = field.nullable ? " NULLS FIRST" : "";
        indexes.push_back({name, "CREATE INDEX " + quoted_name(name) + " ON " +
                                     quoted_name(resource.table) + " (" + order_of(field) + first +
                                     ", " + quoted_name(resource.key_field().name) + ')'});
    }
    return indexes;
}

}  // namespace reef::store::postgres
