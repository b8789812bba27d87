// What goes with a statement to PostgreSQL: single values as text, columns of many rows as binary
// arrays, which need no quoting and cost the server no parsing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.hpp"
#include "base/time.hpp"
#include "model/schema.hpp"

namespace reef::store::postgres {

using namespace model;

// PostgreSQL's numbers for its types, the same in every database.
enum class Type : std::uint32_t {
    boolean = 16,
    bytes = 17,
    int8 = 20,
    text = 25,
    float8 = 701,
    timestamp = 1114,
};

// One column of several rows: the array that unnest() takes apart.
class Array {
public:
    explicit Array(Type element) : element_(element) {}

    void add(std::int64_t number);
    void add(std::string_view text);  // or bytes
    void add(const Hash128& hash) { add_bytes_of(hash); }
    void add(Time time);
    void add_null();
    void add_key(const Key& key);
    // A field's value as array_type(field) holds it.
    void add(const Field& field, const Value& value);
    // The same as what order_of(field) gives for it.
    void add_order(const Field& field, const Value& value);

    std::size_t size() const { return count_; }
    std::string bytes() const;  // as PostgreSQL reads it
    Type element() const { return element_; }

private:
    void add_bytes_of(const Hash128& hash);

    Type element_;
    std::uint32_t count_ = 0;
    bool has_null_ = false;
    std::string items_;
};

// How a field travels in an array; what is not one of these travels as text and is cast.
Type array_type(const Field& field);
Type order_type(const Field& field);
Type key_type(const Field& key);
std::string_view name_of(Type type);  // "bigint"

// A statement's parameters in order: $1, $2, …
class Parameters {
public:
    Parameters& add(const Array& array);
    Parameters& add(std::int64_t number) { return add(std::string_view{std::to_string(number)}); }
    Parameters& add(std::uint64_t number) { return add(std::string_view{std::to_string(number)}); }
    Parameters& add(std::string_view text);
    Parameters& add_key(const Key& key);
    Parameters& add_null();
    Parameters& add_bytes(std::string_view bytes);
    Parameters& add(Time time);
    // As text that order_of(field) can be compared with after a cast.
    Parameters& add_order(const Field& field, const Value& value);

    struct Item {
        std::optional<std::string> value;
        bool binary = false;
    };
    const std::vector<Item>& items() const { return items_; }

private:
    std::vector<Item> items_;
};

// What a person reads, and PostgreSQL takes for a timestamp: UTC, without 'Z'.
std::string timestamp_text(Time time);

}  // namespace reef::store::postgres
