#include "cli/shell.hpp"

#include "config/spelling.hpp"

namespace reef::cli {

std::string shell_word(std::string_view text) {
    const bool plain = !text.empty() && config::is_made_of_letters_digits_and("_@%+=:,./-", text);
    if (plain) return std::string{text};
    std::string word = "'";
    for (const char c : text) {
        if (c == '\'') {
            word += R"('\'')";
        } else {
            word += c;
        }
    }
    return word + '\'';
}

std::string shell_line(const std::vector<std::string>& words) {
    std::string line;
    for (const std::string& word : words)
        line += (line.empty() ? "" : " ") + shell_word(word);
    return line;
}

}  // namespace reef::cli
