// Text for people to paste into a shell.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace reef::cli {

// As one word of a shell's: in single quotes where it needs them.
std::string shell_word(std::string_view text);
std::string shell_line(const std::vector<std::string>& words);

}  // namespace reef::cli
