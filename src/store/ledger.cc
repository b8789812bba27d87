#include "store/ledger.hpp"

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

std::string Ledger::before() const {
    const auto taken = cursors.find(std::string{taken_over_cursor});
    return taken == cursors.end() ? "" : self + '/' + taken->second;
}

}  // namespace reef::store
