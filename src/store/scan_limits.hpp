// How much one call of a reader returns.
#pragma once

#include <cstdint>

namespace reef::store {

// One row is returned even if it alone is larger than bytes_max: a caller that reads on never stops
// in front of it.
struct ScanLimits {
    std::uint32_t rows_max = 1000;
    std::uint64_t bytes_max = 4 << 20;
};

}  // namespace reef::store
