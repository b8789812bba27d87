// Whether a store that is opened may lack writes that its node has told others: then their numbers
// must not be given to other writes.
#pragma once

#include <optional>
#include <string>

#include "node/mark.hpp"
#include "store/identity.hpp"
#include "store/log.hpp"

namespace reef::node {

struct Evidence {
    std::string what;  // for people
    // A standby has taken over: of its cluster nothing older will come back. It need not wait for
    // anybody.
    bool promoted = false;
};

// Absent: nothing shows that anything is missing.
Task<std::optional<Evidence>> find_evidence(store::Ledger ledger, store::StorageIdentity identity,
                                            std::optional<Mark> mark, store::LogReader& log);

}  // namespace reef::node
