#include "config/template.hpp"

#include <algorithm>

#include "model/json.hpp"

namespace reef::config {

namespace {

bool in_part(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
}

// The length of "<part>" at the front of `text`, 0 when there is none.
std::size_t part_length(std::string_view text) {
    if (text.size() < 3 || text[0] != '<' || text[1] < 'a' || text[1] > 'z') return 0;
    const auto end = std::find_if_not(text.begin() + 1, text.end(), in_part);
    if (end == text.end() || *end != '>') return 0;
    return static_cast<std::size_t>(end - text.begin()) + 1;
}

std::string with_parts_filled_in(std::string_view text) {
    std::string filled;
    bool in_string = false;
    while (!text.empty()) {
        if (const std::size_t length = part_length(text)) {
            filled += in_string ? "x" : "null";
            text.remove_prefix(length);
            continue;
        }
        if (in_string && text[0] == '\\' && text.size() > 1) {
            filled += text[0];
            text.remove_prefix(1);
        } else if (text[0] == '"') {
            in_string = !in_string;
        }
        filled += text[0];
        text.remove_prefix(1);
    }
    return filled;
}

}  // namespace

std::vector<std::string_view> parts_of(std::string_view text) {
    std::vector<std::string_view> parts;
    while (!text.empty()) {
        const std::size_t length = part_length(text);
        if (length) parts.push_back(text.substr(1, length - 2));
        text.remove_prefix(std::max<std::size_t>(length, 1));
    }
    return parts;
}

void check_parts(const Scope& scope, const Text& text, const std::vector<std::string>& allowed) {
    for (const std::string_view part : parts_of(text.value)) {
        if (std::find(allowed.begin(), allowed.end(), part) != allowed.end()) continue;
        std::string known;
        for (const std::string& name : allowed)
            known += (known.empty() ? "<" : ", <") + name + '>';
        const std::string meant = did_you_mean(part, allowed);
        const std::string none = known.empty() ? "; nothing is filled in here" : "; there are ";
        scope.mistake(text, "unknown part <" + std::string{part} + '>' +
                                (meant.empty() ? none + known : meant));
    }
}

void check_json_parts(const Scope& scope, const std::string& name, const Text& text,
                      const std::vector<std::string>& allowed) {
    check_parts(scope, text, allowed);
    const auto json = model::parse_json(with_parts_filled_in(text.value));
    if (!json) {
        scope.mistake(text, in_quotes(name) +
                                " is no JSON once its <parts> are filled in: " + json.error().what);
    }
}

}  // namespace reef::config
