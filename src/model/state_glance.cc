#include "model/state_glance.hpp"

#include <algorithm>
#include <array>

#include "model/vector.hpp"

namespace reef::model {

namespace {

constexpr std::array<bool, 256> make_origin_letters() {
    std::array<bool, 256> letters{};
    for (const char c : std::string_view{"0123456789.-_"})
        letters[static_cast<unsigned char>(c)] = true;
    for (unsigned c = 'a'; c <= 'z'; ++c)
        letters[c] = letters[c - 'a' + 'A'] = true;
    return letters;
}
constexpr auto origin_letters = make_origin_letters();

// So many digits fit without a look at the limits.
constexpr std::ptrdiff_t digits_max = 18;

}  // namespace

// Reads from the front. After a false, nothing of it is to be used.
class StateGlance::Scanner {
public:
    explicit Scanner(std::string_view text) : at_(text.data()), end_(at_ + text.size()) {}

    bool at_end() const { return at_ == end_; }

    bool skip(std::string_view token) {
        if (!std::string_view{at_, end_}.starts_with(token)) return false;
        at_ += token.size();
        return true;
    }

    bool skip(char token) {
        if (at_ == end_ || *at_ != token) return false;
        ++at_;
        return true;
    }

    // As is_origin().
    bool origin(std::string_view& found) {
        const char* const begin = at_;
        while (at_ != end_ && origin_letters[static_cast<unsigned char>(*at_)])
            ++at_;
        found = {begin, at_};
        return !found.empty() && found.size() <= origin_bytes_max;
    }

    bool number(std::uint64_t least, std::uint64_t most, std::uint64_t& found) {
        const char* const begin = at_;
        found = 0;
        while (at_ != end_ && *at_ >= '0' && *at_ <= '9')
            found = found * 10 + static_cast<std::uint64_t>(*at_++ - '0');
        const std::ptrdiff_t digits = at_ - begin;
        if (digits == 0 || digits > digits_max || (digits > 1 && *begin == '0')) return false;
        return found >= least && found <= most;
    }

    // Mostly all stamps of a row are that of its only write: one that stood here before is good.
    bool stamp() {
        if (!good_stamp_.empty() && skip(good_stamp_)) return true;
        const char* const begin = at_;
        std::string_view origin_found;
        std::uint64_t ignored = 0;
        constexpr auto time_max = static_cast<std::uint64_t>(stamp_time_max.us);
        if (!origin(origin_found) || !skip(':') || !number(1, seq_max, ignored) || !skip('@') ||
            !number(0, time_max, ignored) || !skip('"')) {
            return false;
        }
        good_stamp_ = {begin, at_};
        return true;
    }

    // Up to a quote. No field's name has a backslash, so none that has one is found.
    bool name(std::string_view& found) {
        const char* const begin = at_;
        while (at_ != end_ && *at_ != '"')
            ++at_;
        found = {begin, at_};
        return skip('"');
    }

private:
    const char* at_;
    const char* end_;
    std::string_view good_stamp_;  // with the quote behind it
};

StateGlance::StateGlance(const Resource& resource)
    : resource_(resource),
      sums_(resource.fields.size()),
      stamped_in_row_(resource.fields.size()),
      counted_in_(resource.fields.size()) {}

bool StateGlance::read(std::string_view vector, std::string_view state) {
    ++rows_;
    std::fill(sums_.begin(), sums_.end(), 0);
    return read_vector(Scanner{vector}) && read_state(Scanner{state});
}

// us.k3f9:12:3,… sorted by origin.
bool StateGlance::read_vector(Scanner scanner) {
    writes_ = 0;
    if (scanner.at_end()) return true;
    std::string_view before;
    for (std::size_t entries = 1; entries <= vector_entries_max; ++entries) {
        std::string_view origin;
        std::uint64_t seq = 0;
        std::uint64_t count = 0;
        if (!scanner.origin(origin) || origin <= before) return false;
        if (!scanner.skip(':') || !scanner.number(1, seq_max, seq)) return false;
        if (!scanner.skip(':') || !scanner.number(1, seq, count)) return false;
        writes_ += count;
        before = origin;
        if (scanner.at_end()) return true;
        if (!scanner.skip(',')) return false;
    }
    return false;
}

// {"life":"1 us.k3f9:1@…","stamps":{…}} or, where there are counters, with them. As state_json()
// writes it, to the letter.
bool StateGlance::read_state(Scanner scanner) {
    if (!scanner.skip("{\"life\":\"") || !scanner.number(1, seq_max, life_)) return false;
    if (!scanner.skip(' ') || !scanner.stamp()) return false;
    if (!scanner.skip(",\"stamps\":{") || !read_stamps(scanner)) return false;
    if (scanner.skip(",\"counters\":{") && !read_counters(scanner)) return false;
    return scanner.skip('}') && scanner.at_end();
}

bool StateGlance::read_stamps(Scanner& scanner) {
    if (scanner.skip('}')) return true;
    for (std::size_t from = 0;;) {
        std::string_view name;
        if (!scanner.skip('"') || !scanner.name(name)) return false;
        const std::size_t field = find(name, from);
        if (field == sums_.size() || stamped_in_row_[field] == rows_) return false;
        stamped_in_row_[field] = rows_;
        if (!scanner.skip(":\"") || !scanner.stamp()) return false;
        if (scanner.skip('}')) return true;
        if (!scanner.skip(',')) return false;
        from = field + 1;
    }
}

bool StateGlance::read_counters(Scanner& scanner) {
    for (std::size_t from = 0;;) {
        std::string_view name;
        if (!scanner.skip('"') || !scanner.name(name)) return false;
        const std::size_t field = find(name, from);
        if (field == sums_.size() || counted_in_[field] == rows_) return false;
        if (resource_.fields[field].merge != Merge::counter) return false;
        counted_in_[field] = rows_;
        if (!scanner.skip(":{") || !read_counter(scanner, sums_[field])) return false;
        if (scanner.skip('}')) return true;
        if (!scanner.skip(',')) return false;
        from = field + 1;
    }
}

// "us.k3f9":[-2,"us.k3f9:12@…"],…} sorted by origin.
bool StateGlance::read_counter(Scanner& scanner, std::uint64_t& sum) {
    std::string_view before;
    constexpr std::uint64_t any = ~std::uint64_t{0};
    for (std::size_t parts = 1; parts <= vector_entries_max; ++parts) {
        std::string_view origin;
        std::uint64_t total = 0;
        if (!scanner.skip('"') || !scanner.origin(origin) || origin <= before) return false;
        if (!scanner.skip("\":[")) return false;
        const bool negative = scanner.skip('-');
        if (!scanner.number(negative ? 1 : 0, any, total)) return false;
        if (!scanner.skip(",\"") || !scanner.stamp() || !scanner.skip(']')) return false;
        sum += negative ? 0 - total : total;
        before = origin;
        if (scanner.skip('}')) return true;
        if (!scanner.skip(',')) return false;
    }
    return false;
}

// They stand in the order of the fields, unless that has changed since.
std::size_t StateGlance::find(std::string_view name, std::size_t from) const {
    const auto& fields = resource_.fields;
    for (std::size_t id = from; id < fields.size(); ++id) {
        if (fields[id].name == name) return id;
    }
    for (std::size_t id = 0; id < std::min(from, fields.size()); ++id) {
        if (fields[id].name == name) return id;
    }
    return fields.size();
}

}  // namespace reef::model
