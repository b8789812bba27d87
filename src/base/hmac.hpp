// HMAC-SHA-256 (RFC 2104): who does not know the key can make none that fits.
#pragma once

#include <string>
#include <string_view>

namespace reef {

std::string hmac_sha256(std::string_view key, std::string_view bytes);  // 32 bytes

std::string hex_of(std::string_view bytes);  // lower-case digits

// Takes as long for texts that differ as for equal ones, so that nobody can find a secret by trying
// one letter after the other.
bool equal_in_constant_time(std::string_view a, std::string_view b);

}  // namespace reef
