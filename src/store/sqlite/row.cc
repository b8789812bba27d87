#include "store/sqlite/row.hpp"

#include "model/value_text.hpp"
#include "store/sqlite/table.hpp"

namespace reef::store::sqlite {

namespace {

// More shapes of updates than this are a resource with many fields, written in all ways.
constexpr std::size_t updates_max = 64;

void bind_value(Statement& statement, int at, const Field& field, const Value& value) {
    if (is_null(value)) {
        statement.bind_null(at);
        return;
    }
    switch (field.type) {
        case FieldType::decimal:
        case FieldType::timestamp:
        case FieldType::lattice:
            statement.bind_copy(at, to_text(field, value));
            return;
        default:
            break;
    }
    if (const auto* flag = std::get_if<bool>(&value)) {
        statement.bind(at, *flag);
    } else if (const auto* number = std::get_if<std::int64_t>(&value)) {
        statement.bind(at, *number);
    } else if (const auto* real = std::get_if<double>(&value)) {
        statement.bind(at, *real);
    } else {
        statement.bind_copy(at, std::get<std::string>(value));
    }
}

// Its text must live until reset().
void bind_column(Statement& statement, int at, const Column& column) {
    switch (column.kind) {
        case Column::Kind::null:
            statement.bind_null(at);
            return;
        case Column::Kind::integer:
            statement.bind(at, column.integer);
            return;
        case Column::Kind::real:
            statement.bind(at, column.real);
            return;
        case Column::Kind::text:
            statement.bind(at, column.text);
    }
}

void bind_state(Statement& statement, int at, const Resource& resource, const SavedRow& saved) {
    statement.bind_copy(at, to_text(saved.row.vector));
    statement.bind_copy(at + 1, state_json(resource, saved.row));
    statement.bind(at + 2, saved.hash);
}

std::string parameters(int count) {
    std::string out = "?";
    for (int i = 1; i < count; ++i)
        out += ", ?";
    return out;
}

std::string select_from(const Resource& resource, std::string_view table) {
    return "SELECT " + columns_of(resource) + " FROM " + quoted_name(table);
}

std::string insert_into(const Resource& resource, std::string_view table) {
    return "INSERT INTO " + quoted_name(table) + " (" + columns_of(resource) + ") VALUES (" +
           parameters(column_count(resource)) + ')';
}

std::string delete_from(const Resource& resource, std::string_view table) {
    return "DELETE FROM " + quoted_name(table) + " WHERE " +
           quoted_name(resource.key_field().name) + " = ?";
}

std::string taken_sql(const Resource& resource) {
    const std::string where = " WHERE " + quoted_name(resource.key_field().name) + " = ?1";
    return "SELECT 1 FROM " + quoted_name(resource.table) + where + " UNION ALL SELECT 1 FROM " +
           quoted_name(tombstones_of(resource)) + where;
}

// Bytes that are no text as hexadecimal digits.
std::string raw_sql(const Resource& resource) {
    std::vector<std::string> names;
    for (const Field& field : resource.fields)
        names.push_back(field.name);
    for (const char* own : {"atoll_vector", "atoll_state", "atoll_hash"})
        names.emplace_back(own);
    std::string members;
    for (const std::string& name : names) {
        const std::string column = quoted_name(name);
        members += (members.empty() ? "" : ", ") + quoted_text(name) + ", CASE typeof(" + column +
                   ") WHEN 'blob' THEN hex(" + column + ") ELSE " + column + " END";
    }
    const std::string where = " WHERE " + quoted_name(resource.key_field().name) + " = ?1";
    const auto from = [&](const std::string& table) {
        return "SELECT json_object(" + members + ") FROM " + quoted_name(table) + where;
    };
    return from(resource.table) + " UNION ALL " + from(tombstones_of(resource));
}

std::string scan_sql(const Resource& resource, bool after) {
    const std::string key = quoted_name(resource.key_field().name);
    const std::string where = after ? " WHERE " + key + " > ?1" : "";
    return select_from(resource, resource.table) + where + " UNION ALL " +
           select_from(resource, tombstones_of(resource)) + where + " ORDER BY " + key +
           " LIMIT ?2";
}

}  // namespace

void bind_order(Statement& statement, int at, const Field& field, const Value& value) {
    const auto* number = std::get_if<std::int64_t>(&value);
    if (number && field.type != FieldType::timestamp) {
        statement.bind(at, *number);
    } else {
        bind_value(statement, at, field, value);
    }
}

void read_columns(const Statement& statement, const Resource& resource, RecordColumns& columns) {
    columns.fields.resize(resource.fields.size());
    int at = 0;
    for (Column& column : columns.fields)
        column = statement.column(at++);
    columns.vector = statement.column(at).text;
    columns.state = statement.column(at + 1).text;
}

StoredRow row_at(const Statement& statement, const Resource& resource) {
    RecordColumns columns;
    read_columns(statement, resource, columns);
    const int hash = static_cast<int>(resource.fields.size()) + 2;
    return row_from(resource, columns, statement.hash(hash));
}

RowReads::RowReads(Connection& connection, const Resource& resource)
    : resource_(resource),
      living_(connection, select_from(resource, resource.table) + " WHERE " +
                              quoted_name(resource.key_field().name) + " = ?"),
      tombstone_(connection, select_from(resource, tombstones_of(resource)) + " WHERE " +
                                 quoted_name(resource.key_field().name) + " = ?"),
      taken_(connection, taken_sql(resource)),
      scan_first_(connection, scan_sql(resource, false)),
      scan_after_(connection, scan_sql(resource, true)),
      raw_(connection, raw_sql(resource)) {
    const std::string from = " FROM " + quoted_name(resource.table) + " WHERE ";
    for (FieldId id = 0; id < resource.fields.size(); ++id) {
        const std::string where = from + order_of(resource.fields[id]) + " = ?";
        holders_.emplace(id, Statement{connection, "SELECT " + columns_of(resource) + where});
        any_holders_.emplace(id, Statement{connection, "SELECT 1" + where});
    }
}

Result<std::optional<StoredRow>> RowReads::by_key(Statement& statement, const Key& key) {
    const Rewind rewind{statement};
    statement.bind(1, key);
    const auto found = statement.step();
    if (!found) return found.error();
    if (!*found) return std::nullopt;
    return std::optional{row_at(statement, resource_)};
}

Result<std::optional<StoredRow>> RowReads::living(const Key& key) {
    return by_key(living_, key);
}

Result<std::optional<StoredRow>> RowReads::tombstone(const Key& key) {
    return by_key(tombstone_, key);
}

Result<bool> RowReads::is_free(const Key& key) {
    const Rewind rewind{taken_};
    const auto found = taken_.bind(1, key).step();
    if (!found) return found.error();
    return !*found;
}

Result<std::optional<StoredRow>> RowReads::holder(FieldId field, const Value& value) {
    Statement& statement = holders_.at(field);
    const Rewind rewind{statement};
    bind_order(statement, 1, resource_.fields[field], value);
    std::optional<StoredRow> earliest;
    for (;;) {
        const auto found = statement.step();
        if (!found) return found.error();
        if (!*found) return earliest;
        StoredRow row = row_at(statement, resource_);
        const bool better = !earliest || !earliest->readable() ||
                            (row.readable() && row.row.life.stamp < earliest->row.life.stamp);
        if (better) earliest = std::move(row);
    }
}

Result<bool> RowReads::has_holders(FieldId field, const Value& value, int count) {
    Statement& statement = any_holders_.at(field);
    const Rewind rewind{statement};
    bind_order(statement, 1, resource_.fields[field], value);
    for (; count > 0; --count) {
        const auto found = statement.step();
        if (!found || !*found) return found;
    }
    return true;
}

Statement& RowReads::begin_scan(const std::optional<Key>& after, ScanLimits limits) {
    Statement& statement = after ? scan_after_ : scan_first_;
    if (after) statement.bind(1, *after);
    return statement.bind(2, limits.rows_max);
}

Result<std::vector<StoredRow>> RowReads::scan(const std::optional<Key>& after, ScanLimits limits) {
    Statement& statement = begin_scan(after, limits);
    const Rewind rewind{statement};
    std::vector<StoredRow> rows;
    std::uint64_t bytes = 0;
    const int columns = column_count(resource_);
    while (rows.empty() || bytes < limits.bytes_max) {
        const auto found = statement.step();
        if (!found) return found.error();
        if (!*found) break;
        rows.push_back(row_at(statement, resource_));
        for (int column = 0; column < columns; ++column)
            bytes += statement.text(column).size();
    }
    return rows;
}

Result<RowPiece> RowReads::scan_copies(const std::optional<Key>& after, ScanLimits limits) {
    Statement& statement = begin_scan(after, limits);
    const Rewind rewind{statement};
    const auto copies = std::make_shared<RowCopies>(resource_);
    RowPiece piece{copies, {}, std::nullopt};
    RecordColumns columns;
    const int hash = column_count(resource_) - 1;
    while (copies->bytes() < limits.bytes_max) {
        const auto found = statement.step();
        if (!found) return found.error();
        if (!*found) break;
        read_columns(statement, resource_, columns);
        piece.last = statement.key(resource_.key);
        if (!copies->add(columns, statement.hash(hash)))
            piece.others.push_back(row_from(resource_, columns, statement.hash(hash)));
    }
    return piece;
}

Result<std::optional<std::string>> RowReads::raw(const Key& key) {
    const Rewind rewind{raw_};
    const auto found = raw_.bind(1, key).step();
    if (!found) return found.error();
    if (!*found) return std::nullopt;
    return std::optional{std::string{raw_.text(0)}};
}

RowWrites::RowWrites(Connection& connection, const Resource& resource)
    : connection_(connection),
      resource_(resource),
      insert_living_(connection, insert_into(resource, resource.table)),
      insert_tombstone_(connection, insert_into(resource, tombstones_of(resource))),
      remove_living_(connection, delete_from(resource, resource.table)),
      remove_tombstone_(connection, delete_from(resource, tombstones_of(resource))) {}

Result<void> RowWrites::save(const SavedRow& saved, const Before& before) {
    const bool alive = saved.row.alive();
    if (alive && before.place == Place::living) return update(saved, before);
    if (before.place == Place::living || before.place == Place::unknown) {
        remove_living_.bind(1, saved.row.key);
        if (auto done = remove_living_.run(); !done) return done;
    }
    if (before.place == Place::tombstone || before.place == Place::unknown) {
        remove_tombstone_.bind(1, saved.row.key);
        if (auto done = remove_tombstone_.run(); !done) return done;
    }
    return insert(alive ? insert_living_ : insert_tombstone_, saved);
}

Result<void> RowWrites::erase(const Key& key) {
    if (auto done = remove_living_.bind(1, key).run(); !done) return done;
    return remove_tombstone_.bind(1, key).run();
}

Result<void> RowWrites::save(const RowCopies& copies) {
    RecordColumns columns;
    const int state = static_cast<int>(resource_.fields.size()) + 1;
    for (std::size_t row = 0; row < copies.size(); ++row) {
        copies.get(row, columns);
        Statement& statement = copies.is_alive(row) ? insert_living_ : insert_tombstone_;
        int at = 1;
        for (const Column& column : columns.fields)
            bind_column(statement, at++, column);
        statement.bind(state, columns.vector).bind(state + 1, columns.state);
        if (auto done = statement.bind(state + 2, copies.hash_of(row)).run(); !done) return done;
    }
    return {};
}

Result<void> RowWrites::insert(Statement& statement, const SavedRow& saved) {
    for (FieldId id = 0; id < resource_.fields.size(); ++id) {
        bind_value(statement, id + 1, resource_.fields[id], value_of(resource_, saved.row, id));
    }
    bind_state(statement, static_cast<int>(resource_.fields.size()) + 1, resource_, saved);
    return statement.run();
}

Result<void> RowWrites::update(const SavedRow& saved, const Before& before) {
    const std::vector<Value> values = values_of(resource_, saved.row);
    std::vector<bool> changed(values.size());
    for (std::size_t id = 0; id < values.size(); ++id)
        changed[id] = values[id] != before.values[id];
    Statement& statement = update_of(changed);
    int at = 1;
    for (std::size_t id = 0; id < values.size(); ++id) {
        if (changed[id]) bind_value(statement, at++, resource_.fields[id], values[id]);
    }
    bind_state(statement, at, resource_, saved);
    statement.bind(at + 3, saved.row.key);
    return statement.run();
}

Statement& RowWrites::update_of(const std::vector<bool>& changed) {
    const auto found = updates_.find(changed);
    if (found != updates_.end()) return found->second;
    if (updates_.size() >= updates_max) updates_.clear();
    std::string sql = "UPDATE " + quoted_name(resource_.table) + " SET ";
    for (std::size_t id = 0; id < changed.size(); ++id) {
        if (changed[id]) sql += quoted_name(resource_.fields[id].name) + " = ?, ";
    }
    sql += "atoll_vector = ?, atoll_state = ?, atoll_hash = ? WHERE " +
           quoted_name(resource_.key_field().name) + " = ?";
    return updates_.emplace(changed, Statement{connection_, std::move(sql)}).first->second;
}

}  // namespace reef::store::sqlite
