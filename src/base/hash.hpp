// 128-bit hashes (XXH3): row hashes, log hashes, body hashes. Not a defence against forgery.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace reef {

struct Hash128 {
    std::uint64_t high = 0;
    std::uint64_t low = 0;
    auto operator<=>(const Hash128&) const = default;

    // Sums of hashes (mod 2^128) do not depend on order: digests are sums.
    Hash128& operator+=(const Hash128& other);
    Hash128& operator-=(const Hash128& other);
};

Hash128 hash_of(std::string_view bytes);
// The same of bytes that come piece by piece.
class Hashing {
public:
    Hashing();
    ~Hashing();
    void add(std::string_view bytes);
    Hash128 hash() const;  // of what was added

private:
    struct State;
    const std::unique_ptr<State> state_;
};
Hash128 chain(const Hash128& before, std::string_view bytes);  // a running hash over a log
Hash128 chain(const Hash128& before, const Hash128& entry);    // the same, of hash_of(bytes)

std::string to_hex(const Hash128& hash);  // 32 lower-case digits
std::optional<Hash128> parse_hash(std::string_view hex);

}  // namespace reef
