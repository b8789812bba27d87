#include "store/postgres_row.hpp"

#include <charconv>

#include "model/value_text.hpp"
#include "store/columns.hpp"
#include "store/postgres_table.hpp"

namespace reef::store::postgres {

namespace {

Result<Value> value_at(const Answer& answer, int row, int column, const Field& field) {
    if (answer.is_null(row, column)) return Value{};
    const std::string_view text = answer.text(row, column);
    switch (field.type) {
        case FieldType::boolean:
            return Value{text == "t"};
        case FieldType::int32:
        case FieldType::int64:
        case FieldType::version:
            return Value{answer.integer(row, column)};
        case FieldType::floating: {
            double number = 0;
            std::from_chars(text.data(), text.data() + text.size(), number);
            return Value{number};
        }
        default:
            return parse_text(field, text);
    }
}

std::string select_from(const Resource& resource, const std::string& table) {
    return "SELECT " + columns_of(resource) + " FROM " + quoted(table);
}

// Both tables in one statement: it sees one moment, in which a record is in one of them.
std::string select_from_both(const Resource& resource, const std::string& where) {
    return select_from(resource, resource.table) + where + " UNION ALL " +
           select_from(resource, tombstones_of(resource)) + where;
}

std::string array_of(Type type) {
    return std::string{name_of(type)} + "[]";
}

// What an array's elements must be turned into for the column. Not into varchar(n): the cast would
// cut what is too long, where an assignment refuses it.
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

std::string order_array(const Field& field) {
    return "$1::" + array_of(order_type(field));
}

std::string cast_of_order(const Field& field) {
    return field.type == FieldType::json ? "" : cast_of(field);
}

}  // namespace

Result<StoredRow> row_at(const Answer& answer, int row, const Resource& resource, int first) {
    RowColumns columns;
    columns.values.resize(resource.fields.size());
    for (FieldId id = 0; id < resource.fields.size(); ++id) {
        auto value = value_at(answer, row, first + id, resource.fields[id]);
        if (!value) {
            return unreadable(resource, std::string{answer.text(row, first + resource.key)},
                              resource.fields[id].name + ' ' + value.error().what);
        }
        columns.values[id] = std::move(*value);
    }
    const int state = first + static_cast<int>(resource.fields.size());
    columns.vector = answer.text(row, state);
    columns.state = answer.text(row, state + 1);
    columns.hash = answer.hash(row, state + 2);
    return row_from(resource, std::move(columns));
}

Command find_by_key(const Resource& resource, const Key& key) {
    const Field& field = resource.key_field();
    const std::string where = " WHERE " + quoted(field.name) + " = $1" + order_cast(field);
    return {select_from_both(resource, where), Parameters{}.add_key(key)};
}

Command find_by_keys(const Resource& resource, const Array& keys) {
    const Field& field = resource.key_field();
    const std::string cast =
        array_of(key_type(field)) + (cast_of(field).empty() ? "" : cast_of(field) + "[]");
    const std::string where = " WHERE " + quoted(field.name) + " = ANY ($1::" + cast + ')';
    return {select_from_both(resource, where), Parameters{}.add(keys)};
}

Command find_by_value(const Resource& resource, FieldId field, const Value& value) {
    const Field& by = resource.fields[field];
    return {
        select_from(resource, resource.table) + " WHERE " + order_of(by) + " = $1" + order_cast(by),
        Parameters{}.add_order(by, value)};
}

Command find_by_values(const Resource& resource, FieldId field, const Array& values) {
    const Field& by = resource.fields[field];
    return {"SELECT wanted.atoll_place, " + columns_of(resource) + " FROM unnest(" +
                order_array(by) + ") WITH ORDINALITY AS wanted(atoll_value, atoll_place) JOIN " +
                quoted(resource.table) + " ON " + order_of(by) + " = wanted.atoll_value" +
                cast_of_order(by),
            Parameters{}.add(values)};
}

Command find_used(const Resource& resource, FieldId field, const Array& values) {
    const Field& by = resource.fields[field];
    return {"SELECT wanted.atoll_place FROM unnest(" + order_array(by) +
                ") WITH ORDINALITY AS wanted(atoll_value, atoll_place) WHERE EXISTS (SELECT FROM " +
                quoted(resource.table) + " WHERE " + order_of(by) + " = wanted.atoll_value" +
                cast_of_order(by) + ')',
            Parameters{}.add(values)};
}

// The database adds up what the rows take and ends the piece, so that no more is sent.
Command scan_command(const Resource& resource, const std::optional<Key>& after, ScanLimits limits) {
    const Field& field = resource.key_field();
    const std::string key = quoted(field.name);
    Parameters parameters;
    parameters.add(std::uint64_t{limits.rows_max}).add(limits.bytes_max);
    std::string where;
    if (after) {
        where = " WHERE " + key + " > $3" + order_cast(field);
        parameters.add_key(*after);
    }
    return {"SELECT * FROM (SELECT piece.*, sum(octet_length(piece::text)) OVER (ORDER BY piece." +
                key + " ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS atoll_before FROM (" +
                select_from_both(resource, where) + " ORDER BY " + key +
                " LIMIT $1) AS piece) AS sized WHERE coalesce(atoll_before, 0) < $2 ORDER BY " +
                key,
            std::move(parameters)};
}

void keep_earlier(std::optional<StoredRow>& earliest, StoredRow row) {
    if (!earliest || row.row.life.stamp < earliest->row.life.stamp) earliest = std::move(row);
}

// ---- saving ----------------------------------------------------------------------------------

RowChanges::Rows::Rows(const Resource& resource) {
    for (const Field& field : resource.fields)
        columns.emplace_back(array_type(field));
    columns.emplace_back(Type::text);
    columns.emplace_back(Type::text);
    columns.emplace_back(Type::bytes);
}

void RowChanges::Rows::add(const Resource& resource, const SavedRow& saved) {
    for (FieldId id = 0; id < resource.fields.size(); ++id)
        columns[id].add(resource.fields[id], value_of(resource, saved.row, id));
    const std::size_t state = resource.fields.size();
    columns[state].add(std::string_view{to_text(saved.row.vector)});
    columns[state + 1].add(std::string_view{state_json(resource, saved.row)});
    columns[state + 2].add(saved.hash);
}

Parameters RowChanges::Rows::parameters() const {
    Parameters all;
    for (const Array& column : columns)
        all.add(column);
    return all;
}

RowChanges::RowChanges(const Resource& resource)
    : resource_(resource),
      inserted_(resource),
      updated_(resource),
      buried_(resource),
      removed_living_(key_type(resource.key_field())),
      removed_tombstones_(key_type(resource.key_field())) {}

void RowChanges::add(const SavedRow& saved, Place before) {
    const bool alive = saved.row.alive();
    if (alive && before == Place::living) return updated_.add(resource_, saved);
    if (before == Place::living || before == Place::unknown) {
        removed_living_.add_key(saved.row.key);
    }
    if (before == Place::tombstone || before == Place::unknown) {
        removed_tombstones_.add_key(saved.row.key);
    }
    (alive ? inserted_ : buried_).add(resource_, saved);
}

void RowChanges::append_to(Commands& commands) const {
    if (removed_living_.size() > 0) commands.push_back(remove(resource_.table, removed_living_));
    if (removed_tombstones_.size() > 0) {
        commands.push_back(remove(tombstones_of(resource_), removed_tombstones_));
    }
    if (!inserted_.empty()) commands.push_back(insert(resource_.table, inserted_));
    if (!updated_.empty()) commands.push_back(update());
    if (!buried_.empty()) commands.push_back(insert(tombstones_of(resource_), buried_));
}

namespace {

// unnest($1::bigint[], $2::text[], …) AS new(c0, c1, …), and new.c1::numeric, …
struct NewRows {
    explicit NewRows(const Resource& resource, const std::vector<Array>& columns) {
        source = "unnest(";
        std::string names;
        for (std::size_t i = 0; i < columns.size(); ++i) {
            const std::string comma = i == 0 ? "" : ", ";
            const std::string name = 'c' + std::to_string(i);
            source += comma + '$' + std::to_string(i + 1) + "::" + array_of(columns[i].element());
            names += comma + name;
            const bool field = i < resource.fields.size();
            values.push_back("new." + name + (field ? cast_of(resource.fields[i]) : ""));
        }
        source += ") AS new(" + names + ')';
    }
    std::string source;
    std::vector<std::string> values;
};

}  // namespace

Command RowChanges::insert(const std::string& table, const Rows& rows) const {
    const NewRows added{resource_, rows.columns};
    std::string sql = "INSERT INTO " + quoted(table) + " (" + columns_of(resource_) + ") SELECT ";
    for (std::size_t i = 0; i < added.values.size(); ++i)
        sql += (i == 0 ? "" : ", ") + added.values[i];
    return {sql + " FROM " + added.source, rows.parameters()};
}

Command RowChanges::update() const {
    const NewRows changed{resource_, updated_.columns};
    std::string sql = "UPDATE " + quoted(resource_.table) + " AS old SET ";
    for (FieldId id = 0; id < resource_.fields.size(); ++id) {
        if (id == resource_.key) continue;
        sql += quoted(resource_.fields[id].name) + " = " + changed.values[id] + ", ";
    }
    const std::size_t state = resource_.fields.size();
    sql += "atoll_vector = " + changed.values[state] +
           ", atoll_state = " + changed.values[state + 1] +
           ", atoll_hash = " + changed.values[state + 2];
    sql += " FROM " + changed.source + " WHERE old." + quoted(resource_.key_field().name) + " = " +
           changed.values[resource_.key] + " RETURNING 1";
    // A row that another program has deleted since it was loaded: this batch must not be saved.
    Parameters parameters = updated_.parameters();
    parameters.add(std::uint64_t{updated_.columns.front().size()});
    const std::string count = '$' + std::to_string(parameters.items().size());
    return {"WITH written AS (" + sql + ") SELECT 1 / (count(*) = " + count + ")::int FROM written",
            std::move(parameters)};
}

Command RowChanges::remove(const std::string& table, const Array& keys) const {
    const Field& field = resource_.key_field();
    return {"DELETE FROM " + quoted(table) + " WHERE " + quoted(field.name) +
                " = ANY ($1::" + array_of(key_type(field)) +
                (cast_of(field).empty() ? "" : cast_of(field) + "[]") + ')',
            Parameters{}.add(keys)};
}

}  // namespace reef::store::postgres
