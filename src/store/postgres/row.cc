#include "store/postgres/row.hpp"

#include <charconv>

#include "model/value_text.hpp"

namespace reef::store::postgres {

namespace {

Column column_at(const Answer& answer, int row, int at, const Field& field) {
    using Kind = Column::Kind;
    if (answer.is_null(row, at)) return {};
    const std::string_view text = answer.text(row, at);
    switch (field.type) {
        case FieldType::boolean:
            return {.kind = Kind::integer, .integer = text == "t"};
        case FieldType::int32:
        case FieldType::int64:
        case FieldType::version:
            return {.kind = Kind::integer, .integer = answer.integer(row, at)};
        case FieldType::floating: {
            double number = 0;
            std::from_chars(text.data(), text.data() + text.size(), number);
            return {.kind = Kind::real, .real = number};
        }
        default:
            return {.kind = Kind::text, .text = text};
    }
}

}  // namespace

void read_columns(const Answer& answer, int row, const Resource& resource, RecordColumns& columns,
                  int first) {
    const std::size_t fields = resource.fields.size();
    columns.fields.resize(fields);
    for (FieldId id = 0; id < fields; ++id)
        columns.fields[id] = column_at(answer, row, first + id, resource.fields[id]);
    const int state = first + static_cast<int>(fields);
    columns.vector = answer.text(row, state);
    columns.state = answer.text(row, state + 1);
}

StoredRow row_at(const Answer& answer, int row, const Resource& resource, int first) {
    RecordColumns columns;
    read_columns(answer, row, resource, columns, first);
    const int hash = first + static_cast<int>(resource.fields.size()) + 2;
    return row_from(resource, columns, answer.hash(row, hash));
}

RowPiece read_piece(const Answer& answer, const Resource& resource) {
    const auto copies = std::make_shared<RowCopies>(resource);
    RowPiece piece{copies, {}, std::nullopt};
    RecordColumns columns;
    const int hash = static_cast<int>(resource.fields.size()) + 2;
    for (int row = 0; row < answer.rows(); ++row) {
        read_columns(answer, row, resource, columns);
        if (!copies->add(columns, answer.hash(row, hash)))
            piece.others.push_back(row_from(resource, columns, answer.hash(row, hash)));
    }
    if (const int rows = answer.rows(); rows > 0)
        piece.last = answer.key(rows - 1, resource.key, resource.key_field());
    return piece;
}

Command find_by_key(const RowStatements& statements, const Key& key) {
    return {statements.find, Parameters{}.add_key(key)};
}

Command find_by_value(const Resource& resource, const RowStatements& statements, FieldId field,
                      const Value& value) {
    return {statements.by_field[field].find, Parameters{}.add_order(resource.fields[field], value)};
}

Command scan_command(const RowStatements& statements, const std::optional<Key>& after,
                     ScanLimits limits) {
    Parameters parameters;
    parameters.add(std::uint64_t{limits.rows_max}).add(limits.bytes_max);
    if (after) parameters.add_key(*after);
    return {after ? statements.scan_after : statements.scan, std::move(parameters)};
}

void keep_earlier(std::optional<StoredRow>& earliest, StoredRow row) {
    const bool better = !earliest || !earliest->readable() ||
                        (row.readable() && row.row.life.stamp < earliest->row.life.stamp);
    if (better) earliest = std::move(row);
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

void RowChanges::Rows::add(const Resource& resource, const RecordColumns& row,
                           const Hash128& hash) {
    for (FieldId id = 0; id < resource.fields.size(); ++id) {
        const Field& field = resource.fields[id];
        const Column& column = row.fields[id];
        const bool is_text = array_type(field) == Type::text;
        if (is_text && column.kind == Column::Kind::text) {
            columns[id].add(column.text);
        } else {
            columns[id].add(field, value_from(field, column).value());
        }
    }
    const std::size_t state = resource.fields.size();
    columns[state].add(row.vector);
    columns[state + 1].add(row.state);
    columns[state + 2].add(hash);
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
      removed_(key_type(resource.key_field())),
      removed_tombstones_(key_type(resource.key_field())) {}

void RowChanges::add(const SavedRow& saved, const Standing* before) {
    const bool alive = saved.row.alive();
    if (!before || before->tombstone) removed_tombstones_.add_key(saved.row.key);
    if (alive && before && before->living) {
        updated_.add(resource_, saved);
        updated_marks_.add(std::string_view{*before->living});
        return;
    }
    if (!before) {
        removed_.add_key(saved.row.key);
        removed_marks_.add_null();
    } else if (before->living) {
        removed_.add_key(saved.row.key);
        removed_marks_.add(std::string_view{*before->living});
        ++removed_known_;
    }
    (alive ? inserted_ : buried_).add(resource_, saved);
}

void RowChanges::add(const RowCopies& copies) {
    RecordColumns columns;
    for (std::size_t row = 0; row < copies.size(); ++row) {
        copies.get(row, columns);
        (copies.is_alive(row) ? inserted_ : buried_).add(resource_, columns, copies.hash_of(row));
    }
}

void RowChanges::append_to(Commands& commands, const RowStatements& statements) const {
    if (removed_.size() > 0) {
        commands.push_back({statements.remove,
                            Parameters{}.add(removed_).add(removed_marks_).add(removed_known_)});
    }
    if (removed_tombstones_.size() > 0) {
        commands.push_back({statements.remove_tombstones, Parameters{}.add(removed_tombstones_)});
    }
    if (!inserted_.empty()) commands.push_back({statements.insert, inserted_.parameters()});
    if (!updated_.empty()) {
        Parameters parameters = updated_.parameters();
        parameters.add(updated_marks_).add(std::uint64_t{updated_marks_.size()});
        commands.push_back({statements.update, std::move(parameters)});
    }
    if (!buried_.empty()) commands.push_back({statements.insert_tombstones, buried_.parameters()});
}

}  // namespace reef::store::postgres
