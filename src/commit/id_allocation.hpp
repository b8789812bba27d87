// Numbers that nodes give out without agreement. Pure.
#pragma once

#include <cstddef>
#include <cstdint>

namespace reef::commit {

// Beyond it none is given out.
inline constexpr std::int64_t slot_limit = std::int64_t{1} << 62;

// The first number above `number` that belongs to this node: k, k + slots, … from `first` on.
std::int64_t slot_above(std::int64_t number, std::int64_t first, std::int64_t slots,
                        std::size_t node_index);

}  // namespace reef::commit
