// A record as people see it, straight from the columns of its stored row. A list shows many rows,
// and hardly one of them must be made a Row of for that.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model/state_glance.hpp"
#include "model/value_text.hpp"

namespace reef::model {

// A column as the database gives it, for as long as it leaves it there.
struct Column {
    enum class Kind : std::uint8_t { null, integer, real, text };
    Kind kind = Kind::null;
    std::int64_t integer = 0;  // a boolean: 0 is false
    double real = 0;
    std::string_view text = {};
};

struct RecordColumns {
    std::vector<Column> fields = {};  // by FieldId
    std::string_view vector = {}, state = {};
};

// invalid: it holds what the field cannot.
Result<Value> value_from(const Field& field, const Column& column);

// For many rows of one resource, one after the other.
class RecordPrinter {
public:
    RecordPrinter(const Resource& resource, TimeShape times);

    // Appends what append_record() would. False, and nothing is appended: the row must be read for
    // that, or cannot be.
    bool append(std::string& out, const RecordColumns& row);
    // Of the last row that was appended, if it has a state.
    const StateGlance& glance() const { return glance_; }

private:
    std::size_t bytes_max(const RecordColumns& row) const;
    char* put_fields(char* to, const RecordColumns& row) const;
    char* put_version(char* to, const RecordColumns& row) const;
    char* put_counter(char* to, const RecordColumns& row, FieldId id) const;

    const Resource& resource_;
    const TimeShape times_;
    std::vector<std::string> openings_;  // by FieldId: ,"name":
    std::size_t openings_bytes_ = 0;
    StateGlance glance_;
    std::vector<char> buffer_;  // has room for the record
};

}  // namespace reef::model
