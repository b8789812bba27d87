// Values as JSON and as text, both ways, exact. One place for what a field accepts.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/text/json.hpp"
#include "base/time.hpp"
#include "model/schema.hpp"

namespace reef::model {

struct TimeShape {
    int digits = 6;
    TimeZone zone = TimeZone::z;
};

// Canonical JSON of a value: decimals with all their digits (520000.00), shortest round-trip
// floats, times as ISO text.
void append_json(std::string& out, const Field& field, const Value& value, TimeShape times = {});

// The same of a float, at `to`, where there is room for float_bytes_max. Returns its end.
inline constexpr std::size_t float_bytes_max = 32;
char* put_float(char* to, double number);

// Reads a client's JSON value: its type, range, length, pattern, null. invalid: what is wrong,
// for people ("must be at most 9999999999.99").
Result<Value> read_json(const Field& field, const Json& json);

// The same from text: query parameters, CSV, path parts. "" is not null here.
Result<Value> read_text(const Field& field, std::string_view text);

// Text of a value as a database's text column, path part or cursor holds it: no quotes.
std::string to_text(const Field& field, const Value& value);

// Reads back what to_text wrote (or what another program wrote into a column), without checking
// the rules of the field: only its form.
Result<Value> parse_text(const Field& field, std::string_view text);

// The rules of the field beyond its form: null, min, max, length, pattern.
Result<void> check_rules(const Field& field, const Value& value);

Result<Key> key_from(const Field& field, const Value& value);
std::optional<Key> key_from_text(const Field& field, std::string_view text);
Value value_from(const Key& key);

}  // namespace reef::model
