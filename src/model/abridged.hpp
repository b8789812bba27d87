// A change that was too long for whoever was to take it. What remains names it, its record and its
// bytes, so that whoever gets it can park it, pass it on, and still knows the running hash of its
// origin's log:
//   {"stamp":"us.k3f9:12@…","too_large":70000430,"hash":"9f31…","resource":"properties","key":"10"}
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/hash.hpp"

namespace reef::model {

// Takes a line piece by piece, in bounded memory.
class Abridging {
public:
    void add(std::string_view piece);
    std::uint64_t bytes() const { return bytes_; }
    // Absent: what was added does not begin as a change.
    std::optional<std::string> finish() const;

private:
    Hashing hash_;
    std::string begin_;
    std::uint64_t bytes_ = 0;
};
std::string abridged(std::string_view change_json);

// How many bytes it had; absent: this is no abridged change.
std::optional<std::uint64_t> bytes_before(std::string_view change_json);
// What a running hash takes of a log's entry: the same of a change and of what was abridged of it.
Hash128 entry_hash(std::string_view change_json);
bool is_same_change(std::string_view a, std::string_view b);

}  // namespace reef::model
