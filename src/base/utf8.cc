#include "base/utf8.hpp"

#include <algorithm>

namespace reef {

std::size_t utf8_character_bytes(std::string_view text) {
    const auto byte = [text](std::size_t at) { return static_cast<unsigned char>(text[at]); };
    if (text.empty()) return 0;
    const unsigned char first = byte(0);
    const std::size_t bytes = first < 0x80                    ? 1
                              : first >= 0xc2 && first < 0xe0 ? 2
                              : (first & 0xf0) == 0xe0        ? 3
                              : first >= 0xf0 && first < 0xf5 ? 4
                                                              : 0;
    if (bytes == 0 || text.size() < bytes) return 0;
    const auto more = text.substr(1, bytes - 1);
    if (!std::all_of(more.begin(), more.end(), [](char c) { return (c & '\xc0') == '\x80'; }))
        return 0;
    if (bytes < 3) return bytes;
    const unsigned char second = byte(1);
    const bool refused = (first == 0xe0 && second < 0xa0) ||   // overlong
                         (first == 0xed && second >= 0xa0) ||  // a surrogate
                         (first == 0xf0 && second < 0x90) ||   // overlong
                         (first == 0xf4 && second >= 0x90);    // beyond U+10FFFF
    return refused ? 0 : bytes;
}

bool is_utf8(std::string_view text) {
    while (!text.empty()) {
        const std::size_t bytes = utf8_character_bytes(text);
        if (bytes == 0) return false;
        text.remove_prefix(bytes);
    }
    return true;
}

}  // namespace reef
