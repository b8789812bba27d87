// Counts the rows of tables that were there before Atoll: as they are, without log entries.
#pragma once

#include <functional>

#include "commit/committer.hpp"

namespace reef::node {

// Returns the number of rows; 0 when the store has taken over none. One that was cut short by a
// crash is completed by the next call, and what another process of the node has counted already is
// passed over. Peers are told of it when it is complete (Ledger::before). closed: it was stopped.
Task<std::size_t> take_over_rows(const model::Schema& schema, commit::Committer& committer,
                                 store::Reader& reader, std::function<bool()> stop_asked);

}  // namespace reef::node
