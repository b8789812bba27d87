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

std::string Ledger::before() const {
    const auto adopted = cursors.find(std::string{adopted_cursor});
    return adopted == cursors.end() ? "" : self + '/' + adopted->second;
}

}  // namespace reef::store
