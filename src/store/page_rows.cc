#include "store/page_rows.hpp"

#include "model/record_json.hpp"
#include "store/columns.hpp"

namespace reef::store {

bool PageRows::add() {
    if (!take()) return false;
    ++count_;
    return true;
}

void PageRows::begin() {
    count_ = 0;
    forget();
}

bool ListedRows::take() {
    StoredRow stored = row_from(resource_, columns, {});
    if (stored.readable()) rows_.push_back(std::move(stored.row));
    return stored.readable();
}

ShownRows::ShownRows(const Resource& resource, const ListQuery& query, TimeShape times)
    : PageRows(resource, query), times_(times), printer_(resource, times) {}

bool ShownRows::take() {
    const std::size_t before = records_.size();
    if (before > 0) records_ += ',';
    if (!printer_.append(records_, columns)) {
        const StoredRow stored = row_from(resource_, columns, {});
        if (!stored.readable()) {
            records_.resize(before);
            return false;
        }
        append_record(records_, resource_, stored.row, times_);
    }
    if (room() == 1) note_last();
    return true;
}

// A counter or a version follows from the state, whatever the column says.
void ShownRows::note_last() {
    const Field& key = resource_.key_field();
    const Field& sort = resource_.fields[query_.sort];
    const bool stated = resource_.version == query_.sort || sort.merge == Merge::counter;
    Value value = stated ? value_of(resource_, row_from(resource_, columns, {}).row, query_.sort)
                         : value_from(sort, columns.fields[query_.sort]).value();
    const Value at = value_from(key, columns.fields[resource_.key]).value();
    last_.emplace(std::move(value), key_from(key, at).value());
}

}  // namespace reef::store
