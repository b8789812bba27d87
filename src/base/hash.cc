#include "base/hash.hpp"

#include <xxhash.h>

#include <charconv>
#include <new>

namespace reef {

Hash128& Hash128::operator+=(const Hash128& other) {
    const std::uint64_t sum = low + other.low;
    high += other.high + (sum < low ? 1 : 0);
    low = sum;
    return *this;
}

Hash128& Hash128::operator-=(const Hash128& other) {
    const std::uint64_t borrow = low < other.low ? 1 : 0;
    low -= other.low;
    high -= other.high + borrow;
    return *this;
}

Hash128 hash_of(std::string_view bytes) {
    const XXH128_hash_t hash = XXH3_128bits(bytes.data(), bytes.size());
    return {hash.high64, hash.low64};
}

struct Hashing::State {
    State() : hash(XXH3_createState()) {
        if (!hash) throw std::bad_alloc{};
        XXH3_128bits_reset(hash);
    }
    ~State() { XXH3_freeState(hash); }
    State(const State&) = delete;
    State& operator=(const State&) = delete;
    XXH3_state_t* const hash;
};

Hashing::Hashing() : state_(std::make_unique<State>()) {}
Hashing::~Hashing() = default;

void Hashing::add(std::string_view bytes) {
    XXH3_128bits_update(state_->hash, bytes.data(), bytes.size());
}

Hash128 Hashing::hash() const {
    const XXH128_hash_t hash = XXH3_128bits_digest(state_->hash);
    return {hash.high64, hash.low64};
}

Hash128 chain(const Hash128& before, std::string_view bytes) {
    return chain(before, hash_of(bytes));
}

// Hash of (hash before, hash of the entry): fixed size, so no concatenation is needed.
Hash128 chain(const Hash128& before, const Hash128& entry) {
    const std::array<std::uint64_t, 4> both{before.high, before.low, entry.high, entry.low};
    const XXH128_hash_t hash = XXH3_128bits(both.data(), sizeof both);
    return {hash.high64, hash.low64};
}

std::string to_hex(const Hash128& hash) {
    static constexpr char digits[] = "0123456789abcdef";
    std::string text(32, '0');
    for (std::size_t i = 0; i < 16; ++i) {
        text[15 - i] = digits[(hash.high >> (4 * i)) & 15];
        text[31 - i] = digits[(hash.low >> (4 * i)) & 15];
    }
    return text;
}

std::optional<Hash128> parse_hash(std::string_view hex) {
    if (hex.size() != 32) return std::nullopt;
    Hash128 hash;
    const char* middle = hex.data() + 16;
    const auto first = std::from_chars(hex.data(), middle, hash.high, 16);
    const auto second = std::from_chars(middle, middle + 16, hash.low, 16);
    if (first.ec != std::errc{} || first.ptr != middle) return std::nullopt;
    if (second.ec != std::errc{} || second.ptr != middle + 16) return std::nullopt;
    return hash;
}

}  // namespace reef
