#include "commit/done.hpp"

#include <algorithm>

namespace reef::commit {

void Applied::add(const Applied& next) {
    received = std::max(received, next.received);
    changed += next.changed;
    parked.insert(parked.end(), next.parked.begin(), next.parked.end());
}

}  // namespace reef::commit
