#include "commit/id_allocation.hpp"

namespace reef::commit {

std::int64_t slot_above(std::int64_t number, std::int64_t first, std::int64_t slots,
                        std::size_t node_index) {
    const std::int64_t own = first + static_cast<std::int64_t>(node_index);
    if (number < own) return own;
    return own + ((number - own) / slots + 1) * slots;
}

}  // namespace reef::commit
