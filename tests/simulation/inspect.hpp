// A store looked at from outside, at once: nothing in a store in memory waits.
#pragma once

#include <string>
#include <vector>

#include "store/store.hpp"

namespace reef::simulation {

store::Ledger ledger_of(store::Store& store);
std::vector<store::StoredRow> rows_of(store::Store& store, const model::Schema& schema);
std::vector<store::LogEntry> log_of(store::Store& store);
std::vector<store::Conflict> conflicts_of(store::Store& store);

}  // namespace reef::simulation
