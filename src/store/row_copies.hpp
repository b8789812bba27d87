// Rows as they lie in the columns of one store, on their way into another one that has none of
// them. Each is looked at, so that nothing is copied that could not be read, and none is made a
// Row.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/hash.hpp"
#include "model/record_columns.hpp"

namespace reef::store {

using namespace model;

// Of one resource. A column's text is what to_text() says of its value, whichever store it is from.
class RowCopies {
public:
    explicit RowCopies(const Resource& resource);

    // False: it is not as rows are mostly written, or nobody knows its hash. Then it must be read.
    bool add(const RecordColumns& row, const Hash128& hash);

    const Resource& resource() const { return resource_; }
    std::size_t size() const { return rows_.size(); }
    std::uint64_t bytes() const { return texts_.size(); }
    const Hash128& hash_of(std::size_t row) const { return rows_[row].hash; }
    bool is_alive(std::size_t row) const { return rows_[row].alive; }
    Key key_of(std::size_t row) const;
    void get(std::size_t row, RecordColumns& columns) const;  // valid as long as this, unchanged

private:
    struct Text {
        std::size_t at = 0;
        std::size_t size = 0;
    };
    struct Cell {
        Column column = {};  // without its text
        Text text = {};
    };
    struct CopiedRow {
        Hash128 hash;
        bool alive = false;
        Text vector = {}, state = {};
    };

    Text keep(std::string_view text);
    std::string_view text_of(const Text& text) const;
    Text keep_time(const Field& field, const Column& column);

    const Resource& resource_;
    RecordPrinter printer_;
    std::string printed_;
    std::string texts_;
    std::vector<Cell> cells_;  // of all rows, by FieldId within each
    std::vector<CopiedRow> rows_;
};

}  // namespace reef::store
