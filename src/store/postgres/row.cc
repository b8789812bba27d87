#include "store/postgres/row.hpp"

#include <charconv>

#include "model/value_text.hpp"

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

}  // namespace

Result<std::vector<Value>> values_at(const Answer& answer, int row, const Resource& resource,
                                     int first) {
    std::vector<Value> values(resource.fields.size());
    for (FieldId id = 0; id < resource.fields.size(); ++id) {
        auto value = value_at(answer, row, first + id, resource.fields[id]);
        if (!value) {
            return unreadable(resource, std::string{answer.text(row, first + resource.key)},
                              resource.fields[id].name + ' ' + value.error().what);
        }
        values[id] = std::move(*value);
    }
    return values;
}

namespace {

Result<StoredRow> read_row(const Answer& answer, int row, const Resource& resource, int first) {
    auto values = values_at(answer, row, resource, first);
    if (!values) return values.error();
    RowColumns columns;
    columns.values = std::move(*values);
    const int state = first + static_cast<int>(resource.fields.size());
    columns.vector = answer.text(row, state);
    columns.state = answer.text(row, state + 1);
    columns.hash = answer.hash(row, state + 2);
    return row_from(resource, std::move(columns));
}

}  // namespace

StoredRow row_at(const Answer& answer, int row, const Resource& resource, int first) {
    auto read = read_row(answer, row, resource, first);
    if (read) return std::move(*read);
    const int hash = first + static_cast<int>(resource.fields.size()) + 2;
    return damaged(resource, answer.key(row, first + resource.key, resource.key_field()),
                   answer.hash(row, hash), read.error());
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
