#include "model/vector.hpp"

#include <algorithm>
#include <charconv>

namespace reef::model {

namespace {

void append_number(std::string& out, std::uint64_t number) {
    char buffer[20];
    const auto end = std::to_chars(buffer, buffer + sizeof buffer, number).ptr;
    out.append(buffer, end);
}

// Digits only, no sign, no leading zero, all of `text`.
std::optional<std::uint64_t> read_number(std::string_view text) {
    std::uint64_t number = 0;
    const char* end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, number);
    if (read.ec != std::errc{} || read.ptr != end) return std::nullopt;
    if (text.size() > 1 && text.front() == '0') return std::nullopt;
    return number;
}

// Cuts off what stands behind the last `mark`.
std::optional<std::string_view> take_last(std::string_view& text, char mark) {
    const std::size_t at = text.rfind(mark);
    if (at == std::string_view::npos) return std::nullopt;
    const std::string_view last = text.substr(at + 1);
    text = text.substr(0, at);
    return last;
}

// Calls `read` with each part between commas; false as soon as it says so.
template <class Read>
bool each_part(std::string_view text, Read read) {
    while (!text.empty()) {
        const std::size_t comma = text.find(',');
        if (!read(text.substr(0, comma))) return false;
        if (comma == std::string_view::npos) return true;
        text.remove_prefix(comma + 1);
        if (text.empty()) return false;
    }
    return true;
}

template <class Entries>
auto lower_bound(Entries& entries, std::string_view origin) {
    return std::lower_bound(entries.begin(), entries.end(), origin,
                            [](const VectorEntry& e, std::string_view o) { return e.origin < o; });
}

}  // namespace

bool is_origin(std::string_view text) {
    if (text.empty() || text.size() > origin_bytes_max) return false;
    return std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '.' || c == '-' || c == '_';
    });
}

std::string_view node_of(std::string_view origin) {
    return origin.substr(0, origin.rfind('.'));
}

std::uint64_t seq_in(const Position& position, std::string_view origin) {
    const auto found = position.find(origin);
    return found == position.end() ? 0 : found->second;
}

bool covers(const Position& position, const Position& other) {
    return std::all_of(other.begin(), other.end(), [&position](const auto& entry) {
        return seq_in(position, entry.first) >= entry.second;
    });
}

std::string to_text(const Position& position) {
    std::string text;
    for (const auto& [origin, seq] : position) {
        if (!text.empty()) text += ',';
        text += origin;
        text += ':';
        append_number(text, seq);
    }
    return text;
}

std::optional<Position> parse_position(std::string_view text, std::size_t entries_max) {
    Position position;
    const bool good = each_part(text, [&position, entries_max](std::string_view part) {
        const auto seq = take_last(part, ':');
        const auto number = seq ? read_number(*seq) : std::nullopt;
        if (!number || *number > seq_max || !is_origin(part)) return false;
        if (position.size() >= entries_max) return false;
        return position.emplace(part, *number).second;
    });
    if (!good) return std::nullopt;
    return position;
}

std::string to_text(const Dot& dot) {
    std::string text = dot.origin;
    text += ':';
    append_number(text, dot.seq);
    return text;
}

std::optional<Dot> parse_dot(std::string_view text) {
    const std::size_t colon = text.rfind(':');
    if (colon == text.npos) return std::nullopt;
    Dot dot{OriginId{text.substr(0, colon)}, 0};
    const char* end = text.data() + text.size();
    const auto read = std::from_chars(text.data() + colon + 1, end, dot.seq);
    if (read.ec != std::errc{} || read.ptr != end) return std::nullopt;
    return dot;
}

std::string to_text(const Stamp& stamp) {
    std::string text = to_text(stamp.dot);
    text += '@';
    text += std::to_string(stamp.time.us);
    return text;
}

std::optional<Stamp> parse_stamp(std::string_view text) {
    const auto time = take_last(text, '@');
    const auto seq = take_last(text, ':');
    if (!time || !seq || !is_origin(text)) return std::nullopt;
    const auto us = read_number(*time);
    const auto number = read_number(*seq);
    if (!us || *us > static_cast<std::uint64_t>(stamp_time_max.us)) return std::nullopt;
    if (!number || *number == 0 || *number > seq_max) return std::nullopt;
    return Stamp{Time{static_cast<std::int64_t>(*us)}, Dot{OriginId{text}, *number}};
}

std::uint64_t Vector::seq_of(std::string_view origin) const {
    const auto at = lower_bound(entries_, origin);
    return at == entries_.end() || at->origin != origin ? 0 : at->seq;
}

std::uint64_t Vector::writes() const {
    std::uint64_t sum = 0;
    for (const VectorEntry& entry : entries_)
        sum += entry.count;
    return sum;
}

void Vector::add_write(std::string_view origin, std::uint64_t seq) {
    const auto at = lower_bound(entries_, origin);
    if (at != entries_.end() && at->origin == origin) {
        at->seq = seq;
        ++at->count;
    } else {
        entries_.insert(at, VectorEntry{OriginId{origin}, seq, 1});
    }
}

void Vector::put(VectorEntry entry) {
    const auto at = lower_bound(entries_, entry.origin);
    if (at != entries_.end() && at->origin == entry.origin) {
        *at = std::move(entry);
    } else {
        entries_.insert(at, std::move(entry));
    }
}

void Vector::join(const Vector& other) {
    for (const VectorEntry& entry : other.entries_) {
        const auto at = lower_bound(entries_, entry.origin);
        if (at == entries_.end() || at->origin != entry.origin) {
            entries_.insert(at, entry);
        } else if (entry.seq > at->seq || (entry.seq == at->seq && entry.count > at->count)) {
            *at = entry;
        }
    }
}

Order Vector::compare(const Vector& other) const {
    const auto beyond = [](const Vector& a, const Vector& b) {
        return std::any_of(a.entries_.begin(), a.entries_.end(), [&b](const VectorEntry& entry) {
            return entry.seq > b.seq_of(entry.origin);
        });
    };
    const bool more = beyond(*this, other);
    const bool less = beyond(other, *this);
    if (more && less) return Order::concurrent;
    return more ? Order::after : less ? Order::before : Order::equal;
}

bool is_inside(const Vector& writes, const Position& position) {
    const auto& entries = writes.entries();
    return std::all_of(entries.begin(), entries.end(), [&position](const VectorEntry& entry) {
        return entry.origin == base_origin || entry.seq <= seq_in(position, entry.origin);
    });
}

void append_text(std::string& out, const Vector& vector) {
    bool first = true;
    for (const VectorEntry& entry : vector.entries()) {
        if (!first) out += ',';
        first = false;
        out += entry.origin;
        out += ':';
        append_number(out, entry.seq);
        out += ':';
        append_number(out, entry.count);
    }
}

std::string to_text(const Vector& vector) {
    std::string text;
    append_text(text, vector);
    return text;
}

std::optional<Vector> parse_vector(std::string_view text) {
    Vector vector;
    const bool good = each_part(text, [&vector](std::string_view part) {
        const auto count = take_last(part, ':');
        const auto seq = take_last(part, ':');
        if (!count || !seq || !is_origin(part)) return false;
        const auto counted = read_number(*count);
        const auto numbered = read_number(*seq);
        if (!counted || !numbered || vector.entries().size() >= vector_entries_max) return false;
        if (*numbered > seq_max || *counted == 0 || *counted > *numbered) return false;
        if (!vector.empty() && vector.entries().back().origin >= part) return false;
        vector.put({OriginId{part}, *numbered, *counted});
        return true;
    });
    if (!good) return std::nullopt;
    return vector;
}

}  // namespace reef::model
