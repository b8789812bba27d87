// Rows of one resource: the commands that find and save them, and what their answers say.
#pragma once

#include <optional>
#include <vector>

#include "store/batch.hpp"
#include "store/columns.hpp"
#include "store/postgres/connection.hpp"
#include "store/postgres/statements.hpp"

namespace reef::store::postgres {

// Both read the columns of columns_of(), or of listed_columns_of(), from column `first` on.
void read_columns(const Answer& answer, int row, const Resource& resource, RecordColumns& columns,
                  int first = 0);
StoredRow row_at(const Answer& answer, int row, const Resource& resource, int first = 0);
RowPiece read_piece(const Answer& answer, const Resource& resource);  // of a scan

// Tombstones too.
Command find_by_key(const RowStatements& statements, const Key& key);
// The living records with a value.
Command find_by_value(const Resource& resource, const RowStatements& statements, FieldId field,
                      const Value& value);
// All records in key order, tombstones among them.
Command scan_command(const RowStatements& statements, const std::optional<Key>& after,
                     ScanLimits limits);

// Of two holders of one value, the one whose life began earlier; one that can be read, if any can.
void keep_earlier(std::optional<StoredRow>& earliest, StoredRow row);

// Where a record was when the batch loaded it. In both tables: another program has inserted it
// beside its tombstone.
struct Standing {
    std::optional<std::string> living;  // the mark of its row
    bool tombstone = false;
    bool operator==(const Standing&) const = default;
};

// What a batch does to one resource: gathered row by row, then turned into at most five commands.
class RowChanges {
public:
    explicit RowChanges(const Resource& resource);

    // Null: it was not loaded, and may be anywhere.
    void add(const SavedRow& saved, const Standing* before);

    void add(const RowCopies& copies);

    void append_to(Commands& commands, const RowStatements& statements) const;

private:
    struct Rows {  // column by column: the fields, then vector, state, hash
        explicit Rows(const Resource& resource);
        void add(const Resource& resource, const SavedRow& saved);
        void add(const Resource& resource, const RecordColumns& row, const Hash128& hash);
        Parameters parameters() const;
        bool empty() const { return columns.front().size() == 0; }
        std::vector<Array> columns;
    };

    const Resource& resource_;
    Rows inserted_, updated_, buried_;
    Array updated_marks_{Type::text};
    Array removed_, removed_marks_{Type::text};
    std::uint64_t removed_known_ = 0;  // those with a mark
    Array removed_tombstones_;
};

}  // namespace reef::store::postgres
