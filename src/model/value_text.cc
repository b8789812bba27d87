#include "model/value_text.hpp"

#include <re2/re2.h>

#include <charconv>
#include <cmath>
#include <limits>
#include <map>

#include "base/utf8.hpp"

namespace reef::model {

namespace {

Error wrong(std::string what) {
    return Error{Errc::invalid, std::move(what)};
}

// ---- numbers ---------------------------------------------------------------------------------

std::int64_t power_of_ten(int exponent) {
    std::int64_t power = 1;
    while (exponent-- > 0)
        power *= 10;
    return power;
}

enum class Inexact : std::uint8_t { refuse, round };
enum class Fault : std::uint8_t { none, form, digits, range };

struct Units {
    std::int64_t units = 0;
    Fault fault = Fault::none;
};

// A decimal number as it was written → units of 10^-scale, without a binary float on the way.
// Takes JSON's grammar: -12.50, 1e3, 5.2E-1.
Units exact_units(std::string_view text, int scale, Inexact inexact) {
    const bool negative = text.starts_with('-');
    if (negative) text.remove_prefix(1);
    std::string digits;      // without the point
    std::int64_t point = 0;  // digits before it
    bool seen_point = false;
    std::size_t i = 0;
    for (; i < text.size() && text[i] != 'e' && text[i] != 'E'; ++i) {
        if (text[i] == '.' && !seen_point) {
            seen_point = true;
        } else if (text[i] >= '0' && text[i] <= '9') {
            digits += text[i];
            if (!seen_point) ++point;
        } else {
            return {0, Fault::form};
        }
    }
    if (digits.empty()) return {0, Fault::form};
    if (i < text.size()) {
        std::string_view exponent = text.substr(i + 1);
        if (exponent.starts_with('+')) exponent.remove_prefix(1);
        int shift = 0;
        const char* end = exponent.data() + exponent.size();
        const auto read = std::from_chars(exponent.data(), end, shift);
        if (read.ec == std::errc::result_out_of_range) shift = exponent[0] == '-' ? -9999 : 9999;
        if (read.ec == std::errc::invalid_argument || read.ptr != end) return {0, Fault::form};
        point += std::clamp(shift, -9999, 9999);
    }
    const std::size_t first = digits.find_first_not_of('0');
    if (first == std::string::npos) return {0, Fault::none};
    const std::int64_t wanted = point + scale;  // how many of the digits are units
    if (wanted - static_cast<std::int64_t>(first) > 19) return {0, Fault::range};
    std::uint64_t units = 0;
    for (std::int64_t d = static_cast<std::int64_t>(first); d < wanted; ++d) {
        const auto at = static_cast<std::size_t>(d);
        const auto digit = static_cast<std::uint64_t>(at < digits.size() ? digits[at] - '0' : 0);
        if (units > (std::numeric_limits<std::uint64_t>::max() - digit) / 10) {
            return {0, Fault::range};
        }
        units = units * 10 + digit;
    }
    const auto cut = static_cast<std::size_t>(std::max<std::int64_t>(wanted, 0));
    if (cut < digits.size() && digits.find_first_not_of('0', cut) != std::string::npos) {
        if (inexact == Inexact::refuse) return {0, Fault::digits};
        if (wanted >= 0 && digits[cut] >= '5') ++units;
    }
    constexpr auto max = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    if (units > max + (negative ? 1 : 0)) return {0, Fault::range};
    return {static_cast<std::int64_t>(negative ? 0 - units : units), Fault::none};
}

void append_integer(std::string& out, std::int64_t number) {
    char buffer[24];
    out.append(buffer, std::to_chars(buffer, buffer + sizeof buffer, number).ptr);
}

void append_decimal(std::string& out, std::int64_t units, int scale) {
    if (scale == 0) return append_integer(out, units);
    const bool negative = units < 0;
    const auto magnitude =
        negative ? 0 - static_cast<std::uint64_t>(units) : static_cast<std::uint64_t>(units);
    char digits[24];
    char* end = std::to_chars(digits, digits + sizeof digits, magnitude).ptr;
    const int count = static_cast<int>(end - digits);
    if (negative) out += '-';
    if (count <= scale) {
        out += "0.";
        out.append(static_cast<std::size_t>(scale - count), '0');
        out.append(digits, end);
    } else {
        out.append(digits, end - scale);
        out += '.';
        out.append(end - scale, end);
    }
}

void append_float(std::string& out, double number) {
    char buffer[float_bytes_max];
    out.append(buffer, put_float(buffer, number));
}

std::pair<std::int64_t, std::int64_t> range_of(const Field& field) {
    using Int32 = std::numeric_limits<std::int32_t>;
    using Int64 = std::numeric_limits<std::int64_t>;
    if (field.type == FieldType::int32) return {Int32::min(), Int32::max()};
    if (field.type == FieldType::version) return {1, Int64::max()};
    if (field.type == FieldType::decimal) {
        const std::int64_t most = power_of_ten(field.precision) - 1;
        return {-most, most};
    }
    return {Int64::min(), Int64::max()};
}

Error out_of_range(const Field& field, bool low) {
    const auto [min, max] = range_of(field);
    std::string text = low ? "must be at least " : "must be at most ";
    const std::optional<Value>& own = low ? field.min : field.max;
    append_json(text, field, own ? *own : Value{low ? min : max});
    return wrong(std::move(text));
}

Result<Value> read_units(const Field& field, std::string_view text, Inexact inexact) {
    const int scale = field.type == FieldType::decimal ? field.scale : 0;
    const Units read = exact_units(text, scale, inexact);
    const bool low = text.starts_with('-');
    switch (read.fault) {
        case Fault::form:
            return wrong(scale ? "must be a number" : "must be an integer");
        case Fault::digits:
            if (scale == 0) return wrong("must be an integer");
            return wrong("must have at most " + std::to_string(scale) + " decimals");
        case Fault::range:
            return out_of_range(field, low);
        case Fault::none:
            break;
    }
    const auto [min, max] = range_of(field);
    if (read.units < min || read.units > max) return out_of_range(field, read.units < min);
    return Value{read.units};
}

Result<Value> read_float(std::string_view text) {
    double number = 0;
    const char* end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, number);
    if (read.ec == std::errc::invalid_argument || read.ptr != end) return wrong("must be a number");
    // Too small a number is zero, too large a one is none.
    if (read.ec == std::errc::result_out_of_range) {
        number = std::strtod(std::string{text}.c_str(), nullptr);
    }
    if (!std::isfinite(number)) return wrong("must be a finite number");
    return Value{number == 0 ? 0.0 : number};
}

// ---- texts -----------------------------------------------------------------------------------

std::size_t code_points(std::string_view text) {
    return static_cast<std::size_t>(
        std::count_if(text.begin(), text.end(), [](char c) { return (c & '\xc0') != '\x80'; }));
}

bool matches(const std::string& pattern, const std::string& text) {
    thread_local std::map<std::string, std::unique_ptr<RE2>> compiled;
    auto& expression = compiled[pattern];
    if (!expression) expression = std::make_unique<RE2>(pattern, RE2::Quiet);
    return RE2::PartialMatch(text, *expression);
}

Result<Value> read_uuid(std::string_view text) {
    std::string uuid{text};
    bool good = uuid.size() == 36;
    for (std::size_t i = 0; good && i < uuid.size(); ++i) {
        char& c = uuid[i];
        const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (c >= 'A' && c <= 'F') c = static_cast<char>(c + 32);
        good = dash ? c == '-' : (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
    }
    if (!good) return wrong("must be a UUID");
    return Value{std::move(uuid)};
}

Result<Value> read_lattice(const Field& field, std::string_view text) {
    const auto found = std::find(field.order.begin(), field.order.end(), text);
    if (found != field.order.end()) return Value{std::int64_t{found - field.order.begin()}};
    for (const Alias& alias : field.aliases) {
        if (alias.word == text) return Value{alias.step};
    }
    std::string all;
    for (const std::string& name : field.order)
        all += (all.empty() ? "" : ", ") + name;
    return wrong("must be one of " + all);
}

// Every type but json, from text whose numbers are in JSON's grammar.
Result<Value> read_form(const Field& field, std::string_view text, Inexact inexact) {
    switch (field.type) {
        case FieldType::boolean:
            if (text == "true" || text == "1") return Value{true};
            if (text == "false" || text == "0") return Value{false};
            return wrong("must be true or false");
        case FieldType::int32:
        case FieldType::int64:
        case FieldType::version:
        case FieldType::decimal:
            return read_units(field, text, inexact);
        case FieldType::floating:
            return read_float(text);
        case FieldType::timestamp: {
            const auto time = parse_time(text);
            if (!time) return wrong("must be a time such as 2026-01-01T12:00:00Z");
            return Value{time->us};
        }
        case FieldType::uuid:
            return read_uuid(text);
        case FieldType::lattice:
            return read_lattice(field, text);
        case FieldType::text:
            if (!is_utf8(text)) return wrong("must be UTF-8");
            return Value{std::string{text}};
        case FieldType::json: {
            const auto json = parse_json(text);
            if (!json) return json.error();
            std::string canonical;
            append_json(canonical, *json);
            return Value{std::move(canonical)};
        }
    }
    return wrong("has a type that is not known here");
}

std::string_view json_kind_wanted(FieldType type) {
    switch (type) {
        case FieldType::boolean:
            return "must be true or false";
        case FieldType::int32:
        case FieldType::int64:
        case FieldType::version:
            return "must be an integer";
        case FieldType::decimal:
        case FieldType::floating:
            return "must be a number";
        default:
            return "must be a string";
    }
}

Json::Kind json_kind_of(FieldType type) {
    switch (type) {
        case FieldType::boolean:
            return Json::Kind::boolean;
        case FieldType::int32:
        case FieldType::int64:
        case FieldType::version:
        case FieldType::decimal:
        case FieldType::floating:
            return Json::Kind::number;
        default:
            return Json::Kind::string;
    }
}

}  // namespace

// 100000 rather than 1e+05, as people and JavaScript write it: up to 21 digits.
char* put_float(char* to, double number) {
    if (number == 0) number = 0;  // one zero
    const double magnitude = std::abs(number);
    const bool plain = magnitude == 0 || (magnitude >= 1e-6 && magnitude < 1e21);
    const auto form = plain ? std::chars_format::fixed : std::chars_format::scientific;
    return std::to_chars(to, to + float_bytes_max, number, form).ptr;
}

void append_json(std::string& out, const Field& field, const Value& value, TimeShape times) {
    if (is_null(value)) {
        out += "null";
        return;
    }
    switch (field.type) {
        case FieldType::text:
        case FieldType::uuid:
            return append_json_string(out, std::get<std::string>(value));
        case FieldType::lattice:
            return append_json_string(out, to_text(field, value));
        case FieldType::timestamp:
            out += '"';
            append_time(out, Time{std::get<std::int64_t>(value)}, times.digits, times.zone);
            out += '"';
            return;
        case FieldType::decimal:
            return append_decimal(out, std::get<std::int64_t>(value), field.scale);
        case FieldType::floating:
            return append_float(out, std::get<double>(value));
        case FieldType::boolean:
            out += std::get<bool>(value) ? "true" : "false";
            return;
        case FieldType::json:
            out += std::get<std::string>(value);
            return;
        default:
            append_integer(out, std::get<std::int64_t>(value));
    }
}

std::string to_text(const Field& field, const Value& value) {
    switch (field.type) {
        case FieldType::text:
        case FieldType::uuid:
        case FieldType::json:
            return std::get<std::string>(value);
        case FieldType::lattice:
            return field.order[static_cast<std::size_t>(std::get<std::int64_t>(value))];
        case FieldType::timestamp:
            return reef::to_text(Time{std::get<std::int64_t>(value)});
        default: {
            std::string text;
            append_json(text, field, value);
            return text;
        }
    }
}

Result<void> check_rules(const Field& field, const Value& value) {
    if (is_null(value)) {
        if (field.nullable) return {};
        return wrong("must not be null");
    }
    if (const auto* text = std::get_if<std::string>(&value)) {
        if (text->find('\0') != std::string::npos) return wrong("must not contain U+0000");
        if (field.text_max && code_points(*text) > field.text_max) {
            return wrong("must have at most " + std::to_string(field.text_max) + " characters");
        }
        if (!field.pattern.empty() && !matches(field.pattern, *text)) {
            return wrong("must match " + field.pattern);
        }
        if (field.key != KeyKind::none && text->empty()) return wrong("must not be empty");
        return {};
    }
    if (field.min && value < *field.min) return out_of_range(field, true);
    if (field.max && value > *field.max) return out_of_range(field, false);
    return {};
}

Result<Value> read_json(const Field& field, const Json& json) {
    Value value;
    if (field.type == FieldType::json && !(json.is(Json::Kind::null) && field.nullable)) {
        std::string canonical;
        append_json(canonical, json);
        return Value{std::move(canonical)};
    }
    if (!json.is(Json::Kind::null)) {
        if (!json.is(json_kind_of(field.type))) {
            return wrong(std::string{json_kind_wanted(field.type)});
        }
        std::string_view text = json.text;
        if (json.is(Json::Kind::boolean)) text = json.boolean ? "true" : "false";
        auto read = read_form(field, text, Inexact::refuse);
        if (!read) return read;
        value = std::move(*read);
    }
    if (auto good = check_rules(field, value); !good) return good.error();
    return value;
}

Result<Value> read_text(const Field& field, std::string_view text) {
    const bool number = json_kind_of(field.type) == Json::Kind::number;
    if (number && (text.empty() || text.find_first_not_of("-.0123456789") != text.npos)) {
        return wrong(std::string{json_kind_wanted(field.type)});
    }
    auto read = read_form(field, text, Inexact::refuse);
    if (!read) return read;
    if (auto good = check_rules(field, *read); !good) return good.error();
    return read;
}

Result<Value> parse_text(const Field& field, std::string_view text) {
    return read_form(field, text, Inexact::round);
}

Result<Key> key_from(const Field& field, const Value& value) {
    if (const auto* number = std::get_if<std::int64_t>(&value)) return Key{*number};
    if (const auto* text = std::get_if<std::string>(&value)) return Key{*text};
    return wrong(field.name + " must be an integer or a text");
}

std::optional<Key> key_from_text(const Field& field, std::string_view text) {
    const auto value = parse_text(field, text);
    const auto key = value ? key_from(field, *value) : Result<Key>{Error{}};
    return key ? std::optional{*key} : std::nullopt;
}

Value value_from(const Key& key) {
    if (const auto* number = std::get_if<std::int64_t>(&key)) return *number;
    return std::get<std::string>(key);
}

}  // namespace reef::model
