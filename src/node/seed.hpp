// Loads the app's seed file into an empty store, as writes of `base`.
#pragma once

#include "commit/committer.hpp"
#include "config/app.hpp"

namespace reef::node {

// Returns the number of rows loaded; 0 when the store is not empty, or the app has no seed. A load
// that was cut short by a crash is completed by the next call.
Task<std::size_t> load_seed(const config::App& app, commit::Committer& committer,
                            store::Ledger ledger);

}  // namespace reef::node
