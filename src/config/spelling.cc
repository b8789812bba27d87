#include "config/spelling.hpp"

#include <algorithm>

namespace reef::config {

namespace {

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

// The cost of turning one word into the other. Two swapped letters are the likeliest slip.
constexpr std::size_t letter_cost = 2;  // one more, less or other
constexpr std::size_t swap_cost = 1;
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before(b.size() + 1);
    std::vector<std::size_t> above(b.size() + 1);
    std::vector<std::size_t> here(b.size() + 1);
    for (std::size_t k = 0; k <= b.size(); ++k)
        above[k] = k * letter_cost;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        here[0] = i * letter_cost;
        for (std::size_t k = 1; k <= b.size(); ++k) {
            const bool same = lower(a[i - 1]) == lower(b[k - 1]);
            here[k] = std::min({above[k] + letter_cost, here[k - 1] + letter_cost,
                                above[k - 1] + (same ? 0 : letter_cost)});
            const bool swapped = i > 1 && k > 1 && lower(a[i - 1]) == lower(b[k - 2]) &&
                                 lower(a[i - 2]) == lower(b[k - 1]);
            if (swapped) here[k] = std::min(here[k], before[k - 2] + swap_cost);
        }
        std::swap(before, above);
        std::swap(above, here);
    }
    return above[b.size()];
}

}  // namespace

std::string did_you_mean(std::string_view word, const std::vector<std::string>& words) {
    constexpr std::size_t word_max = 64;  // no name is longer
    if (word.size() > word_max) return "";
    const std::size_t letters = word.size() < 2 ? 0 : std::max<std::size_t>(1, word.size() / 3);
    std::size_t nearest = letters * letter_cost;
    const std::string* meant = nullptr;
    for (const std::string& candidate : words) {
        if (candidate.size() > word_max) continue;
        const std::size_t cost = distance(word, candidate);
        if (cost < nearest || (cost == nearest && !meant)) {
            nearest = cost;
            meant = &candidate;
        }
    }
    return meant ? " (did you mean " + in_quotes(*meant) + "?)" : "";
}

bool is_made_of_letters_digits_and(std::string_view more, std::string_view text) {
    return std::all_of(text.begin(), text.end(), [&](char c) {
        return (lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9') ||
               more.find(c) != std::string_view::npos;
    });
}

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view blank = " \t\r";
    const std::size_t begin = text.find_first_not_of(blank);
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(blank) - begin + 1);
}

std::string lower_case(std::string_view text) {
    std::string out{text};
    std::transform(out.begin(), out.end(), out.begin(), lower);
    return out;
}

std::string one_of(const std::vector<std::string>& words) {
    std::string text;
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (i > 0) text += i + 1 == words.size() ? " or " : ", ";
        text += in_quotes(words[i]);
    }
    return text;
}

std::string listed(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words)
        text += (text.empty() ? "" : ", ") + word;
    return text;
}

std::string in_quotes(std::string_view text) {
    std::size_t shown = std::min<std::size_t>(text.size(), 60);
    const auto continues = [&](std::size_t at) {  // inside a UTF-8 sequence
        return at < text.size() && (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80;
    };
    while (shown > 0 && continues(shown))
        --shown;
    std::string out = "\"";
    out += text.substr(0, shown);
    if (shown < text.size()) out += "…";
    std::replace(out.begin(), out.end(), '\n', ' ');
    return out + '"';
}

}  // namespace reef::config
