#include "store/row_copies.hpp"

#include "model/value_text.hpp"

namespace reef::store {

RowCopies::RowCopies(const Resource& resource) : resource_(resource), printer_(resource, {}) {}

bool RowCopies::add(const RecordColumns& row, const Hash128& hash) {
    printed_.clear();
    if (row.state.empty() || hash == Hash128{} || !printer_.append(printed_, row)) return false;
    for (FieldId id = 0; id < resource_.fields.size(); ++id) {
        const Field& field = resource_.fields[id];
        Cell cell{row.fields[id], {}};
        if (cell.column.kind == Column::Kind::text) {
            const bool is_time = field.type == FieldType::timestamp;
            cell.text = is_time ? keep_time(field, cell.column) : keep(cell.column.text);
        }
        cells_.push_back(cell);
    }
    rows_.push_back({hash, printer_.glance().alive(), keep(row.vector), keep(row.state)});
    return true;
}

Key RowCopies::key_of(std::size_t row) const {
    const Cell& key = cells_[row * resource_.fields.size() + resource_.key];
    if (key.column.kind == Column::Kind::integer) return key.column.integer;
    return std::string{text_of(key.text)};
}

void RowCopies::get(std::size_t row, RecordColumns& columns) const {
    const std::size_t fields = resource_.fields.size();
    columns.fields.resize(fields);
    for (std::size_t id = 0; id < fields; ++id) {
        const Cell& cell = cells_[row * fields + id];
        columns.fields[id] = cell.column;
        columns.fields[id].text = text_of(cell.text);
    }
    columns.vector = text_of(rows_[row].vector);
    columns.state = text_of(rows_[row].state);
}

RowCopies::Text RowCopies::keep(std::string_view text) {
    const Text kept{texts_.size(), text.size()};
    texts_ += text;
    return kept;
}

std::string_view RowCopies::text_of(const Text& text) const {
    return std::string_view{texts_}.substr(text.at, text.size);
}

// Each database writes times in its own way.
RowCopies::Text RowCopies::keep_time(const Field& field, const Column& column) {
    constexpr std::string_view form = "2026-01-01T12:00:00.000000Z";
    const std::string_view text = column.text;
    if (text.size() == form.size() && text[10] == 'T' && text.back() == 'Z') return keep(text);
    return keep(to_text(field, value_from(field, column).value()));
}

}  // namespace reef::store
