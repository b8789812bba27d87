// Rows of one resource: the commands that find and save them, and what their answers say. Those for
// a batch take any number of rows at once.
#pragma once

#include <optional>
#include <vector>

#include "store/columns.hpp"
#include "store/postgres_connection.hpp"
#include "store/store.hpp"

namespace reef::store::postgres {

// Reads the columns of columns_of() from column `first` on. invalid: as row_from().
Result<StoredRow> row_at(const Answer& answer, int row, const Resource& resource, int first = 0);

// Tombstones too.
Command find_by_key(const Resource& resource, const Key& key);
Command find_by_keys(const Resource& resource, const Array& keys);
// The living records with a value.
Command find_by_value(const Resource& resource, FieldId field, const Value& value);
// For several values at once: the value's place in the array, from 1, then the row's columns.
Command find_by_values(const Resource& resource, FieldId field, const Array& values);
// The places, from 1, of the values that a living record has.
Command find_used(const Resource& resource, FieldId field, const Array& values);
// All records in key order, tombstones among them.
Command scan_command(const Resource& resource, const std::optional<Key>& after, ScanLimits limits);

// Of two holders of one value, the one whose life began earlier.
void keep_earlier(std::optional<StoredRow>& earliest, StoredRow row);

// What a batch does to one resource: gathered row by row, then turned into at most five commands.
class RowChanges {
public:
    explicit RowChanges(const Resource& resource);

    void add(const SavedRow& saved, Place before);

    void append_to(Commands& commands) const;

private:
    struct Rows {  // column by column: the fields, then vector, state, hash
        explicit Rows(const Resource& resource);
        void add(const Resource& resource, const SavedRow& saved);
        Parameters parameters() const;
        bool empty() const { return columns.front().size() == 0; }
        std::vector<Array> columns;
    };

    Command insert(const std::string& table, const Rows& rows) const;
    Command update() const;
    Command remove(const std::string& table, const Array& keys) const;

    const Resource& resource_;
    Rows inserted_, updated_, buried_;
    Array removed_living_, removed_tombstones_;
};

}  // namespace reef::store::postgres
