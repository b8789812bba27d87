// Rows of one resource in its table, written and read. The caller holds the transaction.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "store/batch.hpp"
#include "store/columns.hpp"
#include "store/sqlite/connection.hpp"

namespace reef::store::sqlite {

// A value as what order_of(field) gives for it.
void bind_order(Statement& statement, int at, const Field& field, const Value& value);

// Both read the columns of columns_of(), or of listed_columns_of().
void read_columns(const Statement& statement, const Resource& resource, RecordColumns& columns);
StoredRow row_at(const Statement& statement, const Resource& resource);

// Finds records. For readers and the writer alike.
class RowReads {
public:
    RowReads(Connection& connection, const Resource& resource);

    Result<std::optional<StoredRow>> living(const Key& key);
    Result<std::optional<StoredRow>> tombstone(const Key& key);
    Result<bool> is_free(const Key& key);  // in neither table
    // Living; of two records with one value, the one whose life began earlier.
    Result<std::optional<StoredRow>> holder(FieldId field, const Value& value);
    Result<bool> has_holders(FieldId field, const Value& value, int count);  // at least so many
    // All records in key order, tombstones among them.
    Result<std::vector<StoredRow>> scan(const std::optional<Key>& after, ScanLimits limits);
    Result<RowPiece> scan_copies(const std::optional<Key>& after, ScanLimits limits);
    Result<std::optional<std::string>> raw(const Key& key);

private:
    Statement& begin_scan(const std::optional<Key>& after, ScanLimits limits);
    Result<std::optional<StoredRow>> by_key(Statement& statement, const Key& key);

    const Resource& resource_;
    Statement living_, tombstone_, taken_, scan_first_, scan_after_, raw_;
    std::map<FieldId, Statement> holders_, any_holders_;
};

struct Before {
    Place place = Place::unknown;
    std::vector<Value> values;  // of a living record, as the columns show them
};

// Puts records where they belong. An update writes the columns that changed and no others: it is
// indexes and checks left alone that make it cheap.
class RowWrites {
public:
    RowWrites(Connection& connection, const Resource& resource);

    Result<void> save(const SavedRow& saved, const Before& before);
    Result<void> erase(const Key& key);  // from both tables
    Result<void> save(const RowCopies& copies);

private:
    Result<void> update(const SavedRow& saved, const Before& before);
    Result<void> insert(Statement& statement, const SavedRow& saved);
    Statement& update_of(const std::vector<bool>& changed);

    Connection& connection_;
    const Resource& resource_;
    Statement insert_living_, insert_tombstone_, remove_living_, remove_tombstone_;
    std::map<std::vector<bool>, Statement> updates_;
};

}  // namespace reef::store::sqlite
