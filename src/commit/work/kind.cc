#include "commit/work/kind.hpp"

namespace reef::commit {

using namespace model;

std::vector<RecordRef> retracted_by(const RequestId& request, const RequestSeen& effect,
                                    const Facts& facts) {
    std::vector<RecordRef> records;
    const RequestSeen* known = facts.request(request);
    if (!known) return records;
    RequestSeen all = *known;
    if (!add_effects(all, effect)) return records;
    for (const DuplicateCreate& extra : extra_records(all, facts.node())) {
        if (!facts.record(extra.record)) records.push_back(extra.record);
    }
    return records;
}

}  // namespace reef::commit
