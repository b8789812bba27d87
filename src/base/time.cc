#include "base/time.hpp"

#include <charconv>
#include <chrono>

namespace reef {

namespace {

constexpr std::int64_t us_per_second = 1'000'000;

void append_digits(std::string& out, std::int64_t number, std::size_t width) {
    char buffer[24];
    for (std::size_t i = width; i-- > 0; number /= 10) {
        buffer[i] = static_cast<char>('0' + number % 10);
    }
    out.append(buffer, width);
}

// Reads exactly `width` digits at the front of `text`; -1 when they are not there.
int take_digits(std::string_view& text, std::size_t width) {
    if (text.size() < width) return -1;
    int number = 0;
    for (const char c : text.substr(0, width)) {
        if (c < '0' || c > '9') return -1;
        number = number * 10 + (c - '0');
    }
    text.remove_prefix(width);
    return number;
}

bool take(std::string_view& text, char expected) {
    if (text.empty() || text.front() != expected) return false;
    text.remove_prefix(1);
    return true;
}

// ".123456789" → microseconds, digits beyond the sixth cut off; absent when there are none or > 9.
std::optional<std::int64_t> take_fraction(std::string_view& text) {
    std::int64_t us = 0;
    std::size_t digits = 0;
    while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9') {
        if (digits < 6) us = us * 10 + (text[digits] - '0');
        ++digits;
    }
    if (digits == 0 || digits > 9) return std::nullopt;
    for (std::size_t i = digits; i < 6; ++i)
        us *= 10;
    text.remove_prefix(digits);
    return us;
}

// "Z", "+01:00", "-0530", "+02" or nothing; in minutes.
std::optional<int> read_zone(std::string_view text) {
    if (text.empty() || text == "Z" || text == "z") return 0;
    const int sign = text.front() == '+' ? 1 : text.front() == '-' ? -1 : 0;
    if (sign == 0) return std::nullopt;
    text.remove_prefix(1);
    const int hours = take_digits(text, 2);
    if (hours < 0 || hours > 23) return std::nullopt;
    if (text.empty()) return sign * hours * 60;
    take(text, ':');
    const int minutes = take_digits(text, 2);
    if (minutes < 0 || minutes > 59 || !text.empty()) return std::nullopt;
    return sign * (hours * 60 + minutes);
}

}  // namespace

void append_time(std::string& out, Time time, int digits, TimeZone zone) {
    using namespace std::chrono;
    const sys_time<microseconds> point{microseconds{time.us}};
    const auto day = floor<days>(point);
    const year_month_day date{day};
    const std::int64_t us = (point - day).count();
    const std::int64_t seconds = us / us_per_second;
    append_digits(out, int{date.year()}, 4);
    out += '-';
    append_digits(out, unsigned{date.month()}, 2);
    out += '-';
    append_digits(out, unsigned{date.day()}, 2);
    out += 'T';
    append_digits(out, seconds / 3600, 2);
    out += ':';
    append_digits(out, seconds / 60 % 60, 2);
    out += ':';
    append_digits(out, seconds % 60, 2);
    if (digits > 0) {
        out += '.';
        const std::int64_t fraction = us % us_per_second;
        append_digits(out, digits == 3 ? fraction / 1000 : fraction, digits == 3 ? 3 : 6);
    }
    if (zone == TimeZone::z) out += 'Z';
}

std::string to_text(Time time) {
    std::string text;
    append_time(text, time);
    return text;
}

std::optional<Time> parse_time(std::string_view text) {
    using namespace std::chrono;
    const int y = take_digits(text, 4);
    if (y < 1 || !take(text, '-')) return std::nullopt;
    const int m = take_digits(text, 2);
    if (m < 0 || !take(text, '-')) return std::nullopt;
    const int d = take_digits(text, 2);
    const year_month_day date{year{y}, month{static_cast<unsigned>(m)},
                              day{static_cast<unsigned>(d)}};
    if (d < 0 || !date.ok()) return std::nullopt;
    if (!take(text, 'T') && !take(text, ' ') && !take(text, 't')) return std::nullopt;
    const int hour = take_digits(text, 2);
    if (hour < 0 || hour > 23 || !take(text, ':')) return std::nullopt;
    const int minute = take_digits(text, 2);
    if (minute < 0 || minute > 59 || !take(text, ':')) return std::nullopt;
    const int second = take_digits(text, 2);
    if (second < 0 || second > 59) return std::nullopt;
    std::int64_t fraction = 0;
    if (take(text, '.')) {
        const auto read = take_fraction(text);
        if (!read) return std::nullopt;
        fraction = *read;
    }
    const auto zone = read_zone(text);
    if (!zone) return std::nullopt;
    const sys_seconds point =
        sys_days{date} + hours{hour} + minutes{minute - *zone} + seconds{second};
    const Time time{point.time_since_epoch().count() * us_per_second + fraction};
    constexpr sys_days first{year{1} / 1 / 1};
    constexpr sys_days end{year{10000} / 1 / 1};
    const auto whole = floor<days>(sys_time<microseconds>{microseconds{time.us}});
    if (whole < first || whole >= end) return std::nullopt;
    return time;
}

}  // namespace reef
