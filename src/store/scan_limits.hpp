// How much one call of a reader returns.
#pragma once

#include <cstdint>

namespace reef::store {

// Whatever bytes_max says, one row is returned if there is one: whoever reads on always gets on.
struct ScanLimits {
    std::uint32_t rows_max = 1000;
    std::uint64_t bytes_max = 4 << 20;
};

}  // namespace reef::store
