#include "base/text/template.hpp"

#include <algorithm>

namespace reef {

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

}  // namespace

Template::Template(std::string_view text, Form form) : form_(form) {
    Piece piece;
    bool quoted = false;
    while (!text.empty()) {
        if (const std::size_t length = part_length(text)) {
            piece.part = text.substr(1, length - 2);
            piece.quoted = quoted;
            pieces_.push_back(std::move(piece));
            piece = {};
            text.remove_prefix(length);
            continue;
        }
        const bool between = form == Form::json && !quoted;
        if (between && (text[0] == ' ' || text[0] == '\n' || text[0] == '\t' || text[0] == '\r')) {
            text.remove_prefix(1);
            continue;
        }
        if (quoted && text[0] == '\\' && text.size() > 1) {
            piece.text += text[0];
            text.remove_prefix(1);
        } else if (text[0] == '"') {
            quoted = !quoted;
        }
        piece.text += text[0];
        text.remove_prefix(1);
    }
    if (!piece.text.empty()) pieces_.push_back(std::move(piece));
}

}  // namespace reef
