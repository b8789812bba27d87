// UTF-8 as Unicode defines it: without overlong forms, surrogates, or anything beyond U+10FFFF.
#pragma once

#include <cstddef>
#include <string_view>

namespace reef {

// How many bytes the first character of `text` has; 0 where it begins with none.
std::size_t utf8_character_bytes(std::string_view text);

bool is_utf8(std::string_view text);

}  // namespace reef
