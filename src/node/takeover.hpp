// Counts the rows of tables that were there before Atoll: as they are, without log entries.
#pragma once

#include <functional>

#include "commit/committer.hpp"
#include "store/ledger.hpp"
#include "store/rows.hpp"

namespace reef::node {

// Returns the number of rows; 0 if the store has taken over none. If a crash cut it short, the next
// call completes it; rows that another process of the node has counted are passed over. Peers are
// told of it once it is complete (Ledger::before). closed: stop_asked() said so.
Task<std::size_t> take_over_rows(const model::Schema& schema, commit::Committer& committer,
                                 store::RowScanner& rows, store::LedgerReader& ledgers,
                                 std::function<bool()> stop_asked);

}  // namespace reef::node
