#include "store/store.hpp"

namespace reef::store {

Position Ledger::received() const {
    Position position;
    for (const auto& [origin, mark] : origins)
        position.emplace(origin, mark.received);
    return position;
}

Position Ledger::applied() const {
    Position position;
    for (const auto& [origin, mark] : origins)
        position.emplace(origin, mark.applied);
    return position;
}

}  // namespace reef::store
