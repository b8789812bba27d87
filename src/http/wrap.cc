#include "http/wrap.hpp"

#include "base/text/json.hpp"

namespace reef::http {

Wrap::Wrap(std::string_view pattern) : pattern_(pattern, Template::Form::json) {}

std::string Wrap::fill(const Parts& parts) const {
    std::string out;
    for (const Template::Piece& piece : pattern_.pieces()) {
        out += piece.text;
        if (piece.part == "data") out += parts.data;
        const auto put = [&](std::string_view text) {
            std::string json;
            append_json_string(json, text);
            // Inside a string of the pattern's: "Error: <detail>".
            out += piece.quoted ? std::string_view{json}.substr(1, json.size() - 2) : json;
        };
        if (piece.part == "message" || piece.part == "detail") put(parts.text);
        if (piece.part == "error") put(parts.error);
        if (piece.part == "code") put(parts.code);
        if (piece.part == "title") put(parts.title);
        if (piece.part == "status") out += std::to_string(parts.status);
        if (piece.part == "request_id") put(parts.request_id);
    }
    if (!parts.more.empty() && out.ends_with('}')) out.insert(out.size() - 1, parts.more);
    return out;
}

}  // namespace reef::http
