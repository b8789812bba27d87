// "<x>" in the texts of an app. The writer of a message or an answer puts a value in its place;
// here the texts are only checked.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/section.hpp"

namespace reef::config {

// The parts of a text, without their angle brackets.
std::vector<std::string> parts_of(std::string_view text);

// Notes every part that is not among `allowed`.
void check_parts(const Scope& scope, const Text& text, const std::vector<std::string>& allowed);

// The same, and the text, `name` of its section, must be JSON once its parts are filled in: a part
// inside a string becomes text, one outside a JSON value.
void check_json_parts(const Scope& scope, const std::string& name, const Text& text,
                      const std::vector<std::string>& allowed);

}  // namespace reef::config
