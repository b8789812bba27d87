#include "model/record_columns.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/utf8.hpp"

namespace reef::model {

namespace {

// What follows writes at `to`, where there is room for bytes_max_of(column), and returns the end of
// what it wrote. Null: the column is not as it is mostly written.

constexpr std::size_t escaped_bytes_max = 6;  // \u001f
constexpr std::size_t plain_bytes_max = 32;   // of a number, a time with its quotes, null
static_assert(plain_bytes_max >= float_bytes_max);

std::size_t bytes_max_of(const Column& column) {
    return plain_bytes_max + escaped_bytes_max * column.text.size();
}

char* put(char* to, std::string_view text) {
    return std::copy(text.begin(), text.end(), to);
}

char* put_quoted(char* to, std::string_view plain) {
    *to++ = '"';
    to = put(to, plain);
    *to++ = '"';
    return to;
}

char* put_integer(char* to, std::int64_t number) {
    return std::to_chars(to, to + plain_bytes_max, number).ptr;
}

// ASCII that JSON takes as it is.
constexpr std::array<bool, 256> make_plain_letters() {
    std::array<bool, 256> letters{};
    for (unsigned c = 0x20; c < 0x7f; ++c)
        letters[c] = c != '"' && c != '\\';
    return letters;
}
constexpr auto plain_letters = make_plain_letters();

char* put_string(char* to, std::string_view text) {
    const bool plain = std::all_of(text.begin(), text.end(), [](char c) {
        return plain_letters[static_cast<unsigned char>(c)];
    });
    if (plain) return put_quoted(to, text);
    if (!is_utf8(text)) return nullptr;
    std::string json;
    append_json_string(json, text);
    return put(to, json);
}

bool is_whole(const Field& field) {
    return field.type == FieldType::int32 || field.type == FieldType::int64 ||
           field.type == FieldType::version;
}

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

// As it is mostly written: small letters.
char* put_uuid(char* to, std::string_view text) {
    if (text.size() != 36) return nullptr;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        const char c = text[i];
        if (dash ? c != '-' : !is_digit(c) && (c < 'a' || c > 'f')) return nullptr;
    }
    return put_quoted(to, text);
}

// 520000.00 with all its digits and none too many, and no more of them than the field has.
char* put_decimal(char* to, std::string_view text, const Field& field) {
    std::string_view digits = text;
    const bool negative = digits.starts_with('-');
    if (negative) digits.remove_prefix(1);
    const auto scale = static_cast<std::size_t>(field.scale);
    const std::size_t point = scale == 0 ? digits.size() : digits.find('.');
    if (point == digits.npos || point == 0) return nullptr;
    if (scale > 0 && digits.size() - point - 1 != scale) return nullptr;
    const auto whole = static_cast<std::size_t>(field.precision) - scale;
    if (digits[0] == '0' ? point > 1 : point > whole) return nullptr;
    bool all_zero = true;
    for (std::size_t i = 0; i < digits.size(); ++i) {
        if (i == point) continue;
        if (!is_digit(digits[i])) return nullptr;
        all_zero = all_zero && digits[i] == '0';
    }
    return negative && all_zero ? nullptr : put(to, text);
}

// The number of two digits; more than two have when they are none.
unsigned two_digits(const char* at) {
    const auto tens = static_cast<unsigned>(at[0] - '0');
    const auto ones = static_cast<unsigned>(at[1] - '0');
    return tens > 9 || ones > 9 ? 1000 : tens * 10 + ones;
}

// "2026-01-01T12:00:00" or with a blank, as databases write it.
bool is_date_and_time(const char* at) {
    static constexpr unsigned days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const unsigned century = two_digits(at);
    const unsigned year = two_digits(at + 2);
    const unsigned month = two_digits(at + 5);
    const unsigned day = two_digits(at + 8);
    if (century > 99 || year > 99 || century + year == 0) return false;
    if (month < 1 || month > 12) return false;
    const bool leap = (year ? year : century) % 4 == 0;
    if (day < 1 || day > days[month - 1] + (month == 2 && leap ? 1 : 0)) return false;
    if (two_digits(at + 11) > 23 || two_digits(at + 14) > 59 || two_digits(at + 17) > 59)
        return false;
    if (at[4] != '-' || at[7] != '-' || at[13] != ':' || at[16] != ':') return false;
    return at[10] == 'T' || at[10] == ' ';
}

// In UTC, with up to six digits behind the point.
char* put_time(char* to, std::string_view text, TimeShape times) {
    constexpr std::size_t date = 10;
    constexpr std::size_t point = 19;
    constexpr std::size_t digits_max = 6;
    if (text.size() < point || !is_date_and_time(text.data())) return nullptr;
    if (text.ends_with('Z')) text.remove_suffix(1);
    std::string_view fraction = text.substr(point);
    if (!fraction.empty()) {
        if (fraction[0] != '.' || fraction.size() < 2 || fraction.size() > digits_max + 1)
            return nullptr;
        fraction.remove_prefix(1);
        if (!std::all_of(fraction.begin(), fraction.end(), is_digit)) return nullptr;
    }
    *to++ = '"';
    to = put(to, text.substr(0, point));
    to[static_cast<std::ptrdiff_t>(date) - static_cast<std::ptrdiff_t>(point)] = 'T';
    if (times.digits > 0) {
        const std::size_t shown = times.digits == 3 ? 3 : digits_max;
        *to++ = '.';
        to = put(to, fraction.substr(0, shown));
        if (fraction.size() < shown) to = std::fill_n(to, shown - fraction.size(), '0');
    }
    return put(to, times.zone == TimeZone::z ? "Z\"" : "\"");
}

char* put_document(char* to, std::string_view text) {
    const auto json = parse_json(text);
    if (!json) return nullptr;
    std::string canonical;
    append_json(canonical, *json);
    return canonical.size() <= text.size() ? put(to, canonical) : nullptr;
}

char* put_text_column(char* to, const Field& field, std::string_view text, TimeShape times) {
    switch (field.type) {
        case FieldType::text:
            return put_string(to, text);
        case FieldType::uuid:
            return put_uuid(to, text);
        case FieldType::timestamp:
            return put_time(to, text, times);
        case FieldType::decimal:
            return put_decimal(to, text, field);
        case FieldType::json:
            return put_document(to, text);
        case FieldType::lattice: {
            const bool step =
                std::find(field.order.begin(), field.order.end(), text) != field.order.end();
            return step ? put_string(to, text) : nullptr;
        }
        default:
            return nullptr;
    }
}

char* put_column(char* to, const Field& field, const Column& column, TimeShape times) {
    using Kind = Column::Kind;
    switch (column.kind) {
        case Kind::null:
            return put(to, "null");
        case Kind::text:
            return put_text_column(to, field, column.text, times);
        case Kind::real:
            return field.type == FieldType::floating ? put_float(to, column.real) : nullptr;
        case Kind::integer:
            break;
    }
    if (field.type == FieldType::boolean) return put(to, column.integer ? "true" : "false");
    return is_whole(field) ? put_integer(to, column.integer) : nullptr;
}

}  // namespace

// Where a database holds another type than it should, the text says what it comes to.
Result<Value> value_from(const Field& field, const Column& column) {
    const bool floating = field.type == FieldType::floating;
    char number[plain_bytes_max];
    switch (column.kind) {
        case Column::Kind::null:
            return Value{};
        case Column::Kind::integer:
            if (is_whole(field)) return Value{column.integer};
            if (field.type == FieldType::boolean) return Value{column.integer != 0};
            if (floating) return Value{static_cast<double>(column.integer)};
            return parse_text(field, {number, put_integer(number, column.integer)});
        case Column::Kind::real:
            if (floating) return Value{column.real};
            return parse_text(field, {number, put_float(number, column.real)});
        case Column::Kind::text:
            break;
    }
    return parse_text(field, column.text);
}

RecordPrinter::RecordPrinter(const Resource& resource, TimeShape times)
    : resource_(resource), times_(times), glance_(resource) {
    for (const Field& field : resource.fields) {
        openings_.push_back((openings_.empty() ? "{\"" : ",\"") + field.name + "\":");
        openings_bytes_ += openings_.back().size();
    }
}

bool RecordPrinter::append(std::string& out, const RecordColumns& row) {
    if (!row.state.empty() && !glance_.read(row.vector, row.state)) return false;
    if (const std::size_t bytes = bytes_max(row); buffer_.size() < bytes) buffer_.resize(2 * bytes);
    const char* const end = put_fields(buffer_.data(), row);
    if (!end) return false;
    out.append(buffer_.data(), static_cast<std::size_t>(end - buffer_.data()));
    return true;
}

std::size_t RecordPrinter::bytes_max(const RecordColumns& row) const {
    std::size_t bytes = openings_bytes_ + 1;
    for (const Column& column : row.fields)
        bytes += bytes_max_of(column);
    return bytes;
}

char* RecordPrinter::put_fields(char* to, const RecordColumns& row) const {
    if (row.fields[resource_.key].kind == Column::Kind::null) return nullptr;
    for (FieldId id = 0; id < resource_.fields.size(); ++id) {
        const Field& field = resource_.fields[id];
        to = put(to, openings_[id]);
        if (resource_.version == id) {
            to = put_version(to, row);
        } else if (field.merge == Merge::counter) {
            to = put_counter(to, row, id);
        } else {
            to = put_column(to, field, row.fields[id], times_);
        }
        if (!to) return nullptr;
    }
    *to++ = '}';
    return to;
}

// A row without a state was inserted by another program: its columns are all that is known of it.
char* RecordPrinter::put_version(char* to, const RecordColumns& row) const {
    const Column& column = row.fields[*resource_.version];
    if (!row.state.empty()) return put_integer(to, static_cast<std::int64_t>(glance_.writes()));
    return column.kind == Column::Kind::integer ? put_integer(to, column.integer) : nullptr;
}

char* RecordPrinter::put_counter(char* to, const RecordColumns& row, FieldId id) const {
    const Field& field = resource_.fields[id];
    const bool stated = !row.state.empty();
    if (!stated && row.fields[id].kind != Column::Kind::integer) return nullptr;
    std::int64_t sum = stated ? glance_.sum_of(id) : row.fields[id].integer;
    if (field.min) sum = std::max(sum, std::get<std::int64_t>(*field.min));
    if (field.type != FieldType::decimal) return put_integer(to, sum);
    std::string text;
    append_json(text, field, sum);
    return put(to, text);
}

}  // namespace reef::model
