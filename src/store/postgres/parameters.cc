#include "store/postgres/parameters.hpp"

#include <bit>

#include "model/value_text.hpp"
#include "store/columns.hpp"

namespace reef::store::postgres {

namespace {

constexpr std::int64_t epoch_us = 946'684'800'000'000;  // PostgreSQL counts from 2000

void append(std::string& out, std::integral auto number) {
    const auto bits = static_cast<std::make_unsigned_t<decltype(number)>>(number);
    for (std::size_t i = sizeof bits; i > 0; --i)
        out += static_cast<char>(bits >> (8 * (i - 1)) & 0xff);
}

void append_item(std::string& out, std::string_view bytes) {
    append(out, static_cast<std::int32_t>(bytes.size()));
    out += bytes;
}

}  // namespace

void Array::add(std::int64_t number) {
    ++count_;
    append(items_, std::int32_t{8});
    append(items_, number);
}

void Array::add(std::string_view text) {
    ++count_;
    append_item(items_, text);
}

void Array::add_bytes_of(const Hash128& hash) {
    ++count_;
    append_item(items_, bytes_of(hash));
}

void Array::add(Time time) {
    add(time.us - epoch_us);
}

void Array::add_null() {
    ++count_;
    has_null_ = true;
    append(items_, std::int32_t{-1});
}

void Array::add_key(const Key& key) {
    if (const auto* number = std::get_if<std::int64_t>(&key)) {
        add(*number);
    } else {
        add(std::string_view{std::get<std::string>(key)});
    }
}

void Array::add(const Field& field, const Value& value) {
    if (is_null(value)) return add_null();
    switch (array_type(field)) {
        case Type::boolean:
            ++count_;
            append(items_, std::int32_t{1});
            items_ += std::get<bool>(value) ? '\1' : '\0';
            return;
        case Type::int8:
            return add(std::get<std::int64_t>(value));
        case Type::float8:
            return add(std::bit_cast<std::int64_t>(std::get<double>(value)));
        case Type::timestamp:
            return add(Time{std::get<std::int64_t>(value)});
        default:
            return add(std::string_view{to_text(field, value)});
    }
}

void Array::add_order(const Field& field, const Value& value) {
    if (field.type == FieldType::lattice && !is_null(value)) {
        return add(std::get<std::int64_t>(value));
    }
    add(field, value);
}

// The number of dimensions, whether there are nulls, the element's type, the length, the first
// index; then each element with its size.
std::string Array::bytes() const {
    std::string out;
    out.reserve(20 + items_.size());
    append(out, std::int32_t{count_ > 0 ? 1 : 0});
    append(out, std::int32_t{has_null_ ? 1 : 0});
    append(out, static_cast<std::uint32_t>(element_));
    if (count_ == 0) return out;
    append(out, count_);
    append(out, std::int32_t{1});
    return out += items_;
}

Type array_type(const Field& field) {
    switch (field.type) {
        case FieldType::boolean:
            return Type::boolean;
        case FieldType::int32:
        case FieldType::int64:
        case FieldType::version:
            return Type::int8;
        case FieldType::floating:
            return Type::float8;
        case FieldType::timestamp:
            return Type::timestamp;
        default:
            return Type::text;
    }
}

Type order_type(const Field& field) {
    return field.type == FieldType::lattice ? Type::int8 : array_type(field);
}

Type key_type(const Field& key) {
    return array_type(key);
}

std::string_view name_of(Type type) {
    switch (type) {
        case Type::boolean:
            return "boolean";
        case Type::bytes:
            return "bytea";
        case Type::int8:
            return "bigint";
        case Type::text:
            return "text";
        case Type::float8:
            return "double precision";
        case Type::timestamp:
            return "timestamp";
    }
    return "text";
}

Parameters& Parameters::add(const Array& array) {
    items_.push_back({array.bytes(), true});
    return *this;
}

Parameters& Parameters::add(std::string_view text) {
    items_.push_back({std::string{text}, false});
    return *this;
}

Parameters& Parameters::add_key(const Key& key) {
    return add(std::string_view{to_text(key)});
}

Parameters& Parameters::add_null() {
    items_.push_back({std::nullopt, false});
    return *this;
}

Parameters& Parameters::add_bytes(std::string_view bytes) {
    items_.push_back({std::string{bytes}, true});
    return *this;
}

Parameters& Parameters::add(Time time) {
    return add(std::string_view{timestamp_text(time)});
}

Parameters& Parameters::add_order(const Field& field, const Value& value) {
    if (is_null(value)) return add_null();
    if (const auto* flag = std::get_if<bool>(&value))
        return add(std::string_view{*flag ? "true" : "false"});
    const auto* number = std::get_if<std::int64_t>(&value);
    if (number && field.type == FieldType::lattice) return add(*number);
    if (number && field.type == FieldType::timestamp) return add(Time{*number});
    return add(std::string_view{to_text(field, value)});
}

std::string timestamp_text(Time time) {
    std::string out;
    append_time(out, time, 6, TimeZone::none);
    return out;
}

}  // namespace reef::store::postgres
