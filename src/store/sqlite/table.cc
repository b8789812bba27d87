#include "store/sqlite/table.hpp"

#include <cstdint>
#include <limits>

#include "model/value_text.hpp"

namespace reef::store::sqlite {

namespace {

// A double keeps decimals of 15 digits apart, so that rounding the product gives the exact units
// however a person wrote them ('520000.0'). With more, the text itself must have all its digits.
constexpr int digits_of_double = 15;

constexpr std::string_view now = "(strftime('%Y-%m-%dT%H:%M:%f', 'now') || '000Z')";
constexpr std::string_view time_form =
    "'[0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9]"
    ".[0-9][0-9][0-9][0-9][0-9][0-9]Z'";

std::string repeated(std::string_view text, int times) {
    std::string out;
    while (times-- > 0)
        out += text;
    return out;
}

std::string_view column_type(FieldType type) {
    switch (type) {
        case FieldType::boolean:
        case FieldType::int32:
        case FieldType::int64:
        case FieldType::version:
            return "INTEGER";
        case FieldType::floating:
            return "REAL";
        default:
            return "TEXT";
    }
}

std::string literal(const Field& field, const Value& value) {
    if (is_null(value)) return "NULL";
    if (column_type(field.type) == "TEXT") return quoted_text(to_text(field, value));
    if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "1" : "0";
    return to_text(field, value);
}

std::string integer_check(const Field& field) {
    using Int32 = std::numeric_limits<std::int32_t>;
    // Two nodes may add to a counter at once, so that the sum passes the upper bound: only the
    // lower one is checked.
    const bool counter = field.merge == Merge::counter;
    std::optional<std::int64_t> least, most;
    if (field.type == FieldType::int32 && !counter) least = Int32::min(), most = Int32::max();
    if (field.type == FieldType::version) least = 1;
    if (field.min) least = std::get<std::int64_t>(*field.min);
    if (field.max && !counter) most = std::get<std::int64_t>(*field.max);
    const std::string what = order_of(field);
    if (least && most) {
        return what + " BETWEEN " + std::to_string(*least) + " AND " + std::to_string(*most);
    }
    if (least) return what + " >= " + std::to_string(*least);
    if (most) return what + " <= " + std::to_string(*most);
    return "";
}

// The form, the digits after the point, the range. Patterns, because json_valid() costs more.
std::string decimal_check(const Field& field) {
    const std::string column = quoted_name(field.name);
    Field bounded = field;
    std::int64_t nines = 1;
    for (int i = 0; i < field.precision; ++i)
        nines *= 10;
    if (!bounded.min) bounded.min = Value{1 - nines};
    if (!bounded.max) bounded.max = Value{nines - 1};
    const bool positive = std::get<std::int64_t>(*bounded.min) >= 0;
    std::string check =
        column + (positive ? " NOT GLOB '*[^0-9.]*'"
                           : " NOT GLOB '*[^0-9.-]*' AND " + column + " NOT GLOB '?*-*'");
    if (field.precision > digits_of_double && field.scale > 0) {
        check += " AND " + column + " GLOB '*[0-9]." + repeated("[0-9]", field.scale) + "'";
    } else {
        check += " AND " + column + " GLOB '*[0-9]*' AND " + column + " NOT GLOB '*." +
                 repeated("?", field.scale + 1) + "*'";
    }
    return check + " AND " + column + " NOT GLOB '*.*.*' AND " + integer_check(bounded);
}

std::string float_check(const Field& field) {
    constexpr std::string_view most = "1.7976931348623157e308";
    const std::string low = field.min ? to_text(field, *field.min) : '-' + std::string{most};
    const std::string high = field.max ? to_text(field, *field.max) : std::string{most};
    return quoted_name(field.name) + " BETWEEN " + low + " AND " + high;
}

std::string text_check(const Field& field) {
    const std::string column = quoted_name(field.name);
    std::string check;
    if (field.text_max) check = "length(" + column + ") <= " + std::to_string(field.text_max);
    if (field.key != KeyKind::none) check += (check.empty() ? "" : " AND ") + column + " <> ''";
    return check;
}

// The table refuses what the API refuses. "" when the field takes every value of its type.
std::string check_of(const Field& field) {
    const std::string column = quoted_name(field.name);
    switch (field.type) {
        case FieldType::boolean:
            return column + " IN (0, 1)";
        case FieldType::int32:
        case FieldType::int64:
        case FieldType::version:
            return integer_check(field);
        case FieldType::floating:
            return float_check(field);
        case FieldType::decimal:
            return decimal_check(field);
        case FieldType::text:
            return text_check(field);
        case FieldType::timestamp:
            return column + " GLOB " + std::string{time_form};
        case FieldType::uuid:
            return "length(" + column + ") = 36 AND " + column + " NOT GLOB '*[^0-9a-f-]*'";
        case FieldType::json:
            // json_valid(NULL) is 0, not NULL.
            return column + " IS NULL OR json_valid(" + column + ')';
        case FieldType::lattice: {
            std::string names;
            for (const std::string& name : field.order)
                names += (names.empty() ? "" : ", ") + quoted_text(name);
            return column + " IN (" + names + ')';
        }
    }
    return "";
}

std::string default_of(const Field& field) {
    if (field.type == FieldType::version) return " DEFAULT 1";
    if (field.default_value) return " DEFAULT " + literal(field, *field.default_value);
    const bool set = field.set == SetBy::on_create || field.set == SetBy::on_write;
    return set ? " DEFAULT " + std::string{now} : "";
}

std::string column_sql(const Resource& resource, const Field& field) {
    const bool key = &field == &resource.key_field();
    std::string sql = quoted_name(field.name) + ' ' + std::string{column_type(field.type)};
    if (!field.nullable && !(key && column_type(field.type) == "INTEGER")) sql += " NOT NULL";
    if (key) sql += " PRIMARY KEY";
    sql += default_of(field);
    const std::string check = check_of(field);
    // A name that tells a person which rule was broken.
    if (!check.empty()) {
        sql += " CONSTRAINT " + quoted_name(resource.table + '_' + field.name + "_check") +
               " CHECK (" + check + ')';
    }
    return sql;
}

}  // namespace

int column_count(const Resource& resource) {
    return static_cast<int>(resource.fields.size()) + 3;
}

// STRICT, so that types need no checks of their own. With a text key the rows stay in a table by
// rowid: they are too wide for the inner pages of an index (WITHOUT ROWID).
std::string table_sql(const Resource& resource, std::string_view table) {
    std::string sql = "CREATE TABLE " + quoted_name(table) + " (\n";
    for (const Field& field : resource.fields)
        sql += "  " + column_sql(resource, field) + ",\n";
    return sql +
           "  atoll_vector TEXT NOT NULL DEFAULT '',\n"
           "  atoll_state TEXT NOT NULL DEFAULT '',\n"
           "  atoll_hash BLOB\n) STRICT";
}

std::string tombstones_sql(const Resource& resource) {
    std::string sql = "CREATE TABLE " + quoted_name(tombstones_of(resource)) + " (\n";
    for (const Field& field : resource.fields) {
        const bool key = &field == &resource.key_field();
        sql += "  " + quoted_name(field.name) + ' ' +
               (key ? std::string{column_type(field.type)} + " PRIMARY KEY" : "ANY") + ",\n";
    }
    return sql +
           "  atoll_vector TEXT NOT NULL,\n"
           "  atoll_state TEXT NOT NULL,\n"
           "  atoll_hash BLOB\n) STRICT";
}

std::string order_of(const Field& field) {
    const std::string column = quoted_name(field.name);
    if (field.type == FieldType::decimal && field.precision <= digits_of_double) {
        return "CAST(round(" + column + " * 1e" + std::to_string(field.scale) + ") AS INTEGER)";
    }
    if (field.type == FieldType::decimal)
        return "CAST(replace(" + column + ", '.', '') AS INTEGER)";
    if (field.type != FieldType::lattice) return column;
    std::string place = "CASE " + column;
    for (std::size_t i = 0; i < field.order.size(); ++i) {
        place += " WHEN " + quoted_text(field.order[i]) + " THEN " + std::to_string(i);
    }
    return place + " END";
}

// Each ends in the key, so that a page of a list can start anywhere among equal values: an integer
// key is the rowid, which every index ends in anyway.
std::vector<Index> indexes_of(const Resource& resource) {
    const Field& key = resource.key_field();
    const std::string last = column_type(key.type) == "INTEGER" ? "" : ", " + quoted_name(key.name);
    std::vector<Index> indexes;
    for (FieldId id = 0; id < resource.fields.size(); ++id) {
        if (!is_indexed(resource, id)) continue;
        const std::string name = index_name(resource, id);
        indexes.push_back({name, "CREATE INDEX " + quoted_name(name) + " ON " +
                                     quoted_name(resource.table) + " (" +
                                     order_of(resource.fields[id]) + last + ')'});
    }
    return indexes;
}

}  // namespace reef::store::sqlite
