// Rows: one by its key or by a value, a page of a list, all of a resource. Readers see what is
// committed. unavailable, from all of them: the database is away. invalid, of one record: it cannot
// be read.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/hash.hpp"
#include "base/task.hpp"
#include "model/row.hpp"
#include "model/value_text.hpp"
#include "store/row_copies.hpp"
#include "store/scan_limits.hpp"

namespace reef::store {

using namespace model;

struct StoredRow {
    Row row;
    Hash128 hash;  // as stored; a row written by another program has {}
    // Why it cannot be read: something outside has damaged it. Then `row` has its key alone.
    std::string unreadable = {};
    bool readable() const { return unreadable.empty(); }
};

struct ListFilter {
    FieldId field = 0;
    Compare compare = Compare::equal;
    Value value;
};
struct ListQuery {
    ResourceId resource = 0;
    FieldId sort = 0;                 // the key or a sortable field
    bool descending = false;          // of both sort field and key
    std::vector<ListFilter> filters;  // all must hold; null never matches
    // The page begins strictly after (value, key) in the order asked for. Nulls come before all
    // values when ascending. Text is ordered by its bytes.
    std::optional<std::pair<Value, Key>> after;
    std::uint64_t skip = 0;
    std::uint32_t rows_max = 100;
    bool count = false;
};
struct PageFacts {
    bool more = false;                        // there are rows beyond these
    std::optional<std::uint64_t> total = {};  // of the filters, when asked for
    std::uint32_t unreadable = 0;             // so many were left out of the page
};
struct ListPage : PageFacts {
    std::vector<Row> rows;
};
// The same page as people see it.
struct ShownPage : PageFacts {
    std::string records;  // as append_record() shows them, with commas between
    std::optional<std::pair<Value, Key>> last;  // of a full page: `after` of the next one
};

class RowReader {
public:
    virtual ~RowReader() = default;
    virtual Task<std::optional<Row>> get(RecordRef ref) = 0;  // tombstones too
    // The living record that has the value; of two, the one whose life began earlier.
    virtual Task<std::optional<Row>> find(FieldRef ref) = 0;
    virtual Task<ListPage> list(ListQuery query) = 0;  // of living records
    virtual Task<ShownPage> show(ListQuery query, TimeShape times) = 0;
};

// A piece of a scan, for another store.
struct RowPiece {
    std::shared_ptr<const RowCopies> copies;
    std::vector<StoredRow> others;  // those that must be read, or cannot be
    std::optional<Key> last;        // absent: there are no more
};

// For those who go through all rows of a resource: snapshots, replicas, `atoll verify`, the
// takeover.
class RowScanner {
public:
    virtual ~RowScanner() = default;
    // All records (tombstones too) in key order from the one after `after`, those that cannot be
    // read among them.
    virtual Task<std::vector<StoredRow>> scan(ResourceId resource, std::optional<Key> after,
                                              ScanLimits limits) = 0;
    // The same rows, mostly as copies.
    virtual Task<RowPiece> scan_copies(ResourceId resource, std::optional<Key> after,
                                       ScanLimits limits) = 0;
    // What lies there, column by column as JSON, whether it can be read or not; absent: nothing.
    virtual Task<std::optional<std::string>> raw(RecordRef ref) = 0;
};

}  // namespace reef::store
