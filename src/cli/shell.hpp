// Quotes text so that people can paste it into a shell.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace reef::cli {

// The text as one word of a shell's language, in single quotes if it needs them.
std::string shell_word(std::string_view text);
std::string shell_line(const std::vector<std::string>& words);

}  // namespace reef::cli
