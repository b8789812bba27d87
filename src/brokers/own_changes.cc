#include "brokers/own_changes.hpp"

#include <algorithm>

#include "model/change.hpp"

namespace reef::brokers {

Task<Taken> OwnChanges::take(Delivery delivery) {
    const model::Position received = progress_.ledger()->received();
    Taken taken;
    for (const auto* said : {&delivery.changes, &delivery.names}) {
        for (const std::string& json : *said) {
            const auto stamp = model::stamp_in(json);
            if (!stamp || stamp->dot.seq > model::seq_in(received, stamp->dot.origin)) continue;
            std::uint64_t& covered = taken.covers[stamp->dot.origin];
            covered = std::max(covered, stamp->dot.seq);
        }
    }
    co_return taken;
}

}  // namespace reef::brokers
