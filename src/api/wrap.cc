#include "api/wrap.hpp"

#include "model/json.hpp"

namespace reef::api {

using model::Template;

Wrap::Wrap(std::string_view pattern) : pattern_(pattern, Template::Form::json) {}

std::string Wrap::fill(const Parts& parts) const {
    std::string out;
    for (const Template::Piece& piece : pattern_.pieces()) {
        out += piece.text;
        if (piece.part == "data") out += parts.data;
        if (piece.part == "message" || piece.part == "detail") {
            model::append_json_string(out, parts.text);
        }
        if (piece.part == "error") model::append_json_string(out, parts.error);
        if (piece.part == "title") model::append_json_string(out, parts.title);
        if (piece.part == "status") out += std::to_string(parts.status);
        if (piece.part == "request_id") model::append_json_string(out, parts.request_id);
    }
    if (!parts.more.empty() && out.ends_with('}')) out.insert(out.size() - 1, parts.more);
    return out;
}

}  // namespace reef::api
