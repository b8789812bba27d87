#include "base/hmac.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <stdexcept>

namespace reef {

std::string hmac_sha256(std::string_view key, std::string_view bytes) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> made{};
    unsigned int size = 0;
    const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
    if (!HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), data, bytes.size(),
              made.data(), &size)) {
        throw std::runtime_error("libcrypto makes no HMAC");  // out of memory, or not installed
    }
    return {reinterpret_cast<const char*>(made.data()), size};
}

std::string hex_of(std::string_view bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    text.reserve(2 * bytes.size());
    for (const char byte : bytes) {
        const auto value = static_cast<unsigned char>(byte);
        text += digits[value >> 4];
        text += digits[value & 15];
    }
    return text;
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
    bool equal = a.size() == b.size();
    for (std::size_t i = 0; i < a.size() && !b.empty(); ++i)
        equal = (a[i] == b[i % b.size()]) & equal;
    return equal;
}

}  // namespace reef
