// Env files as Docker, dotenv and shells write them, one NAME=value a line.
#include <algorithm>

#include "config/app.hpp"
#include "config/file_text.hpp"
#include "config/spelling.hpp"

namespace reef::config {

namespace {

// "…" with \n, \t, \", \\, \$; absent when the quote is not closed.
std::optional<std::string> in_double_quotes(std::string_view text) {
    std::string value;
    for (std::size_t i = 1; i < text.size(); ++i) {
        if (text[i] == '"') return value;
        if (text[i] == '\\' && i + 1 < text.size()) {
            ++i;
            const char c = text[i];
            if (c == 'n' || c == 't') {
                value += c == 'n' ? '\n' : '\t';
                continue;
            }
            if (c != '"' && c != '\\' && c != '$') value += '\\';
        }
        value += text[i];
    }
    return std::nullopt;
}

// Up to a '#' after white space; inside a JSON list or object not within its strings.
std::string_view without_comment(std::string_view text) {
    const bool json = text.starts_with('[') || text.starts_with('{');
    bool in_string = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (json && text[i] == '"' && text[i - 1] != '\\') in_string = !in_string;
        const bool after_blank =
            i == 0 || std::string_view{" \t\r"}.find(text[i - 1]) != std::string_view::npos;
        if (text[i] == '#' && after_blank && !in_string) return trimmed(text.substr(0, i));
    }
    return trimmed(text);
}

std::string value_of(std::string_view text) {
    if (text.starts_with('\'')) {
        const std::size_t end = text.find('\'', 1);
        if (end != std::string_view::npos) return std::string{text.substr(1, end - 1)};
    }
    if (text.starts_with('"')) {
        if (auto value = in_double_quotes(text)) return std::move(*value);
    }
    return std::string{without_comment(text)};
}

}  // namespace

std::optional<std::map<std::string, std::string>> read_env_file(const std::string& file) {
    const auto text = file_text(file);
    if (!text) return std::nullopt;
    std::map<std::string, std::string> variables;
    std::string_view rest = *text;
    if (rest.starts_with("\xef\xbb\xbf")) rest.remove_prefix(3);  // a byte order mark
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find('\n'), rest.size());
        std::string_view line = trimmed(rest.substr(0, end));
        rest.remove_prefix(std::min(end + 1, rest.size()));
        if (line.starts_with('#')) continue;
        if (line.starts_with("export ")) line = trimmed(line.substr(7));
        const std::size_t equals = line.find('=');
        const std::string_view name = trimmed(line.substr(0, equals));
        if (equals == std::string_view::npos || name.empty()) continue;
        variables[std::string{name}] = value_of(trimmed(line.substr(equals + 1)));
    }
    return variables;
}

}  // namespace reef::config
