#include "config/template.hpp"

#include <algorithm>

#include "base/text/json.hpp"
#include "base/text/template.hpp"

namespace reef::config {

namespace {

// White space stays, so that the place of a mistake in the JSON is right.
Template template_of(std::string_view text) {
    return {text, Template::Form::text};
}

std::string with_parts_filled_in(std::string_view text) {
    std::string filled;
    const Template pattern = template_of(text);
    for (const Template::Piece& piece : pattern.pieces()) {
        filled += piece.text;
        if (!piece.part.empty()) filled += piece.quoted ? "x" : "null";
    }
    return filled;
}

}  // namespace

std::vector<std::string> parts_of(std::string_view text) {
    std::vector<std::string> parts;
    const Template pattern = template_of(text);
    for (const Template::Piece& piece : pattern.pieces()) {
        if (!piece.part.empty()) parts.push_back(piece.part);
    }
    return parts;
}

void check_parts(const Scope& scope, const Text& text, const std::vector<std::string>& allowed) {
    for (const std::string& part : parts_of(text.value)) {
        if (std::find(allowed.begin(), allowed.end(), part) != allowed.end()) continue;
        std::string known;
        for (const std::string& name : allowed)
            known += (known.empty() ? "<" : ", <") + name + '>';
        const std::string meant = did_you_mean(part, allowed);
        const std::string none = known.empty() ? "; nothing is filled in here" : "; there are ";
        scope.mistake(text, "unknown part <" + part + '>' + (meant.empty() ? none + known : meant));
    }
}

void check_json_parts(const Scope& scope, const std::string& name, const Text& text,
                      const std::vector<std::string>& allowed) {
    check_parts(scope, text, allowed);
    const auto json = parse_json(with_parts_filled_in(text.value));
    if (!json) {
        scope.mistake(text, in_quotes(name) +
                                " is no JSON once its <parts> are filled in: " + json.error().what);
    }
}

}  // namespace reef::config
