#include "api/wrap.hpp"

#include "model/json.hpp"

namespace reef::api {

namespace {

// White space between tokens goes: answers are compact.
std::string compact(std::string_view json) {
    std::string text;
    bool quoted = false;
    for (std::size_t i = 0; i < json.size(); ++i) {
        const char c = json[i];
        if (c == '"' && (i == 0 || json[i - 1] != '\\')) quoted = !quoted;
        if (!quoted && (c == ' ' || c == '\n' || c == '\t' || c == '\r')) continue;
        text += c;
    }
    return text;
}

}  // namespace

Wrap::Wrap(std::string_view pattern) {
    const std::string text = compact(pattern);
    std::size_t at = 0;
    while (at < text.size()) {
        const std::size_t open = text.find('<', at);
        const std::size_t close = open == text.npos ? text.npos : text.find('>', open);
        if (close == text.npos) {
            pieces_.push_back({text.substr(at), ""});
            return;
        }
        pieces_.push_back({text.substr(at, open - at), text.substr(open + 1, close - open - 1)});
        at = close + 1;
    }
}

std::string Wrap::fill(const Parts& parts) const {
    std::string out;
    for (const Piece& piece : pieces_) {
        out += piece.text;
        if (piece.name == "data") out += parts.data;
        if (piece.name == "message" || piece.name == "detail") {
            model::append_json_string(out, parts.text);
        }
        if (piece.name == "error") model::append_json_string(out, parts.error);
        if (piece.name == "title") model::append_json_string(out, parts.title);
        if (piece.name == "status") out += std::to_string(parts.status);
        if (piece.name == "request_id") model::append_json_string(out, parts.request_id);
    }
    if (!parts.more.empty() && out.ends_with('}')) out.insert(out.size() - 1, parts.more);
    return out;
}

}  // namespace reef::api
