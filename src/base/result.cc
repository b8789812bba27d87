#include "base/result.hpp"

#include <array>

namespace reef {

std::string_view name_of(Errc code) {
    static constexpr std::array names{"invalid", "not_found",       "conflict",    "rejected",
                                      "locked",  "overloaded",      "unavailable", "refused",
                                      "timeout", "outcome_unknown", "broken",      "closed"};
    return names[static_cast<std::size_t>(code)];
}

}  // namespace reef
