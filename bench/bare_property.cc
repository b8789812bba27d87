#include "bare_property.hpp"

#include <charconv>
#include <chrono>
#include <string_view>

namespace reef::bench {
namespace {

void append_digits(std::string& out, std::uint64_t value, int digits) {
    char text[20];
    for (int i = digits; i > 0; --i) {
        text[i - 1] = static_cast<char>('0' + value % 10);
        value /= 10;
    }
    out.append(text, static_cast<std::size_t>(digits));
}

void append_optional(std::string& out, const std::optional<std::int64_t>& value) {
    if (value) {
        append_integer(out, *value);
    } else {
        out += "null";
    }
}

}  // namespace

void append_time(std::string& out, std::int64_t since_1970_us) {
    using namespace std::chrono;
    const sys_time<microseconds> time{microseconds{since_1970_us}};
    const auto day = floor<days>(time);
    const year_month_day date{day};
    const hh_mm_ss clock{time - day};
    append_digits(out, static_cast<std::uint64_t>(static_cast<int>(date.year())), 4);
    out += '-';
    append_digits(out, static_cast<unsigned>(date.month()), 2);
    out += '-';
    append_digits(out, static_cast<unsigned>(date.day()), 2);
    out += 'T';
    append_digits(out, static_cast<std::uint64_t>(clock.hours().count()), 2);
    out += ':';
    append_digits(out, static_cast<std::uint64_t>(clock.minutes().count()), 2);
    out += ':';
    append_digits(out, static_cast<std::uint64_t>(clock.seconds().count()), 2);
    out += '.';
    append_digits(out, static_cast<std::uint64_t>(clock.subseconds().count()), 6);
    out += 'Z';
}

void append_integer(std::string& out, std::int64_t value) {
    char text[24];
    const auto end = std::to_chars(text, text + sizeof text, value).ptr;
    out.append(text, end);
}

void append_json(std::string& out, const Property& row) {
    out += R"({"id":)";
    append_integer(out, row.id);
    out += R"(,"price":)";
    append_integer(out, row.cents / 100);
    out += '.';
    append_digits(out, static_cast<std::uint64_t>(row.cents % 100), 2);
    out += R"(,"bedrooms":)";
    append_optional(out, row.bedrooms);
    out += R"(,"bathrooms":)";
    append_optional(out, row.bathrooms);
    out += R"(,"region_origin":")";
    out += row.region_origin;
    out += R"(","version":)";
    append_integer(out, row.version);
    out += R"(,"updated_at":")";
    append_time(out, row.updated_us);
    out += R"("})";
}

}  // namespace reef::bench
