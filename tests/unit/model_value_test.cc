// Every type at its edges: what a field accepts, exactly, and that what is written is read back.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "islands.hpp"
#include "model/value_text.hpp"

namespace reef::test {
namespace {

using namespace model;

Field typed(FieldType type) {
    return field("f", type);
}

Field money() {
    Field made = typed(FieldType::decimal);
    made.precision = 12;
    made.scale = 2;
    made.min = Value{std::int64_t{0}};
    made.max = Value{std::int64_t{999'999'999'999}};
    return made;
}

// The value's canonical JSON, or "! " and what is wrong.
std::string through_json(const Field& declared, const std::string& json) {
    const auto parsed = parse_json(json);
    if (!parsed) return "? " + parsed.error().what;
    const auto value = read_json(declared, *parsed);
    if (!value) return "! " + value.error().what;
    std::string out;
    append_json(out, declared, *value);
    return out;
}

std::string through_text(const Field& declared, std::string_view text) {
    const auto value = read_text(declared, text);
    return value ? to_text(declared, *value) : "! " + value.error().what;
}

struct Case {
    std::string in;
    std::string out;
};

void expect_json(const Field& declared, const std::vector<Case>& cases) {
    for (const auto& [in, out] : cases)
        EXPECT_EQ(through_json(declared, in), out) << in;
}

void expect_text(const Field& declared, const std::vector<Case>& cases) {
    for (const auto& [in, out] : cases)
        EXPECT_EQ(through_text(declared, in), out) << in;
}

TEST(Value, DecimalsAreExact) {
    expect_json(money(), {{"1250000.50", "1250000.50"},
                          {"0.1", "0.10"},
                          {"1e2", "100.00"},
                          {"12.30e1", "123.00"},
                          {"1230E-2", "12.30"},
                          {"-0", "0.00"},
                          {"-0.00", "0.00"},
                          {"0.010", "0.01"},
                          {"0e999999999", "0.00"},
                          {"9999999999.99", "9999999999.99"},
                          {"10000000000.00", "! must be at most 9999999999.99"},
                          {"0.001", "! must have at most 2 decimals"},
                          {"9999999999.991", "! must have at most 2 decimals"},
                          {"-0.01", "! must be at least 0.00"},
                          {"1e400", "! must be at most 9999999999.99"},
                          {"-1e400", "! must be at least 0.00"},
                          {"1e-400", "! must have at most 2 decimals"},
                          {"184467440737095516.16", "! must be at most 9999999999.99"},
                          {"\"1.00\"", "! must be a number"},
                          {"true", "! must be a number"},
                          {"null", "! must not be null"}});
    expect_text(money(), {{"1250000.50", "1250000.50"},
                          {"7", "7.00"},
                          {"", "! must be a number"},
                          {"-", "! must be a number"},
                          {".", "! must be a number"},
                          {"1.2.3", "! must be a number"},
                          {"--1", "! must be a number"},
                          {"1e2", "! must be a number"},
                          {" 1", "! must be a number"},
                          {"+1", "! must be a number"},
                          {"0x10", "! must be a number"}});
}

TEST(Value, WidestDecimal) {
    Field wide = typed(FieldType::decimal);
    wide.precision = 18;
    wide.scale = 18;
    wide.nullable = true;
    expect_json(wide, {{"0.999999999999999999", "0.999999999999999999"},
                       {"-0.999999999999999999", "-0.999999999999999999"},
                       {"0.000000000000000001", "0.000000000000000001"},
                       {"1e-18", "0.000000000000000001"},
                       {"1", "! must be at most 0.999999999999999999"},
                       {"null", "null"}});
}

TEST(Value, Integers) {
    expect_json(typed(FieldType::int32), {{"2147483647", "2147483647"},
                                          {"-2147483648", "-2147483648"},
                                          {"2147483648", "! must be at most 2147483647"},
                                          {"-2147483649", "! must be at least -2147483648"},
                                          {"1.0", "1"},
                                          {"1.5e1", "15"},
                                          {"1.5", "! must be an integer"},
                                          {"\"1\"", "! must be an integer"}});
    expect_json(typed(FieldType::int64),
                {{"9223372036854775807", "9223372036854775807"},
                 {"-9223372036854775808", "-9223372036854775808"},
                 {"9223372036854775808", "! must be at most 9223372036854775807"},
                 {"-9223372036854775809", "! must be at least -9223372036854775808"},
                 {"18446744073709551616", "! must be at most 9223372036854775807"},
                 {"99999999999999999999999999", "! must be at most 9223372036854775807"},
                 {"1e18", "1000000000000000000"},
                 {"1e19", "! must be at most 9223372036854775807"}});
    expect_json(typed(FieldType::version), {{"1", "1"}, {"0", "! must be at least 1"}});
    Field rooms = typed(FieldType::int32);
    rooms.min = Value{std::int64_t{0}};
    rooms.max = Value{std::int64_t{1000}};
    expect_text(rooms, {{"1000", "1000"},
                        {"1001", "! must be at most 1000"},
                        {"-1", "! must be at least 0"},
                        {"abc", "! must be an integer"}});
}

TEST(Value, Floats) {
    expect_json(typed(FieldType::floating), {{"0.1", "0.1"},
                                             {"-0", "0"},
                                             {"-0.0", "0"},
                                             {"100000", "100000"},
                                             {"1e5", "100000"},
                                             {"1e20", "100000000000000000000"},
                                             {"1e21", "1e+21"},
                                             {"0.000001", "0.000001"},
                                             {"1e-7", "1e-07"},
                                             {"1e308", "1e+308"},
                                             {"5e-324", "5e-324"},
                                             {"1e-400", "0"},
                                             {"1e400", "! must be a finite number"},
                                             {"-1e400", "! must be a finite number"},
                                             {"\"NaN\"", "! must be a number"}});
    expect_text(typed(FieldType::floating),
                {{"nan", "! must be a number"}, {"inf", "! must be a number"}, {"12.5", "12.5"}});
}

TEST(Value, BooleansAndTimes) {
    expect_json(typed(FieldType::boolean),
                {{"true", "true"}, {"false", "false"}, {"1", "! must be true or false"}});
    expect_text(typed(FieldType::boolean),
                {{"1", "true"}, {"0", "false"}, {"yes", "! must be true or false"}});
    const std::string not_time = "! must be a time such as 2026-01-01T12:00:00Z";
    expect_json(typed(FieldType::timestamp),
                {{"\"2026-01-01T12:00:00+02:00\"", "\"2026-01-01T10:00:00.000000Z\""},
                 {"\"9999-12-31T23:59:59.999999Z\"", "\"9999-12-31T23:59:59.999999Z\""},
                 {"\"0001-01-01T00:00:00Z\"", "\"0001-01-01T00:00:00.000000Z\""},
                 {"\"1969-12-31T23:59:59.999999Z\"", "\"1969-12-31T23:59:59.999999Z\""},
                 {"\"9999-12-31T23:59:59-01:00\"", not_time},
                 {"\"2026-02-29T00:00:00Z\"", not_time},
                 {"1767268800", "! must be a string"}});
    std::string short_time;
    append_json(short_time, typed(FieldType::timestamp), Value{std::int64_t{1704067200000000}},
                {3, TimeZone::none});
    EXPECT_EQ(short_time, "\"2024-01-01T00:00:00.000\"");
}

TEST(Value, UuidsLatticesAndJson) {
    expect_json(
        typed(FieldType::uuid),
        {{"\"0190A1B2-C3D4-7E5F-8a9b-0c1d2e3f4a5b\"", "\"0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b\""},
         {"\"0190a1b2c3d47e5f8a9b0c1d2e3f4a5b\"", "! must be a UUID"},
         {"\"0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5g\"", "! must be a UUID"}});
    Field stage = typed(FieldType::lattice);
    stage.order = {"new", "done"};
    expect_json(stage, {{"\"done\"", "\"done\""},
                        {"\"Done\"", "! must be one of new, done"},
                        {"1", "! must be a string"}});
    Field any = typed(FieldType::json);
    expect_json(any, {{"{\"b\": [1.0, 2e3 ],\"a\":null}", "{\"b\":[1.0,2e3],\"a\":null}"},
                      {"null", "null"},
                      {"\"\\u0000\"", "\"\\u0000\""}});
    EXPECT_EQ(read_json(any, parse_json("null").value()).value(), Value{std::string{"null"}});
    any.nullable = true;
    EXPECT_EQ(read_json(any, parse_json("null").value()).value(), Value{});
}

TEST(Value, Texts) {
    Field text = typed(FieldType::text);
    text.text_max = 3;
    expect_json(text, {{"\"h\u00e9\U0001F600\"", "\"h\u00e9\U0001F600\""},
                       {"\"abcd\"", "! must have at most 3 characters"},
                       {"\"\"", "\"\""},
                       {"\"a\\u0000\"", "! must not contain U+0000"},
                       {"\"\\u0001\\u007f\\\"\"", "\"\\u0001\\u007f\\\"\""}});
    for (const char* bad : {"\xff", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82",
                            "\x80", "\xf0\x80\x80\x80", "\xe0\x80\x80", "\xfe"}) {
        EXPECT_EQ(through_text(text, bad), "! must be UTF-8");
    }
    for (const char* good : {"\xc2\x80", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xf4\x8f\xbf\xbf"}) {
        EXPECT_EQ(through_text(text, good), good);
    }
    EXPECT_EQ(through_text(text, std::string_view{"a\0b", 3}), "! must not contain U+0000");
    Field key = typed(FieldType::text);
    key.key = KeyKind::client;
    EXPECT_EQ(through_text(key, ""), "! must not be empty");
    Field code = typed(FieldType::text);
    code.pattern = "^[A-Z]{2}\\d+$";
    expect_json(code, {{"\"AB12\"", "\"AB12\""},
                       {"\"ab12\"", "! must match ^[A-Z]{2}\\d+$"},
                       {"\"AB12\\n\"", "! must match ^[A-Z]{2}\\d+$"}});
}

TEST(Value, StoresMayRoundWhatOthersWrote) {
    EXPECT_EQ(parse_text(money(), "12.345").value(), Value{std::int64_t{1235}});
    EXPECT_EQ(parse_text(money(), "-12.345").value(), Value{std::int64_t{-1235}});
    EXPECT_EQ(parse_text(money(), "0.004").value(), Value{std::int64_t{0}});
    EXPECT_EQ(parse_text(money(), "0.005").value(), Value{std::int64_t{1}});
    EXPECT_FALSE(parse_text(money(), "12.3x"));
}

Value random_value(const Field& declared, std::mt19937_64& random) {
    const auto integer = [&random](std::int64_t low, std::int64_t high) {
        return std::uniform_int_distribution<std::int64_t>{low, high}(random);
    };
    switch (declared.type) {
        case FieldType::boolean:
            return integer(0, 1) == 1;
        case FieldType::int32:
            return integer(INT32_MIN, INT32_MAX);
        case FieldType::decimal:
            return integer(-999'999'999'999, 999'999'999'999) >> integer(0, 30);
        case FieldType::floating: {
            const double number = std::bit_cast<double>(random());
            return std::isfinite(number) && number != 0 ? number : 1.5;
        }
        case FieldType::timestamp:
            return integer(-62'135'596'800'000'000, 253'402'300'799'999'999);
        case FieldType::lattice:
            return integer(0, std::int64_t(declared.order.size()) - 1);
        case FieldType::text: {
            std::string text;
            for (std::int64_t i = integer(0, 20); i > 0; --i)
                text += std::array{"a", "\"", "\\", "\n", "\x01", "\u00e9", "\U0001F600", "/"}.at(
                    static_cast<std::size_t>(integer(0, 7)));
            return text;
        }
        default:
            return integer(INT64_MIN, INT64_MAX);
    }
}

TEST(Value, RandomValuesAreReadBack) {
    std::mt19937_64 random{seed_of_this_run(11)};
    Field decimal = money();
    decimal.min.reset();
    decimal.max.reset();
    Field lattice = typed(FieldType::lattice);
    lattice.order = {"a", "b", "c"};
    const Field fields[] = {typed(FieldType::boolean),
                            typed(FieldType::int32),
                            typed(FieldType::int64),
                            typed(FieldType::floating),
                            typed(FieldType::timestamp),
                            typed(FieldType::text),
                            decimal,
                            lattice};
    for (int i = 0; i < 3000; ++i) {
        for (const Field& declared : fields) {
            const Value value = random_value(declared, random);
            std::string json;
            append_json(json, declared, value);
            const auto parsed = parse_json(json);
            ASSERT_TRUE(parsed) << json;
            ASSERT_EQ(read_json(declared, *parsed).value(), value) << json;
            ASSERT_EQ(parse_text(declared, to_text(declared, value)).value(), value) << json;
        }
    }
}

}  // namespace
}  // namespace reef::test
