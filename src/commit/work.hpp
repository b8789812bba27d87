// What can be committed. Each kind of work is a type with a file of its own in work/, and answers:
//
//   rows_count    for how many rows it counts in a batch
//   add_to        what is loaded for it
//   lacking       what must be loaded as well, as the facts loaded first have shown
//   written       which records it writes: one that another program has locked stops it
//   needs_lease   whether only the process that holds the node's lease may take it
//   take          what it does to the batch
//   divide        what becomes of it when the database refuses one of its rows, or another program
//                 has locked one
//
// The functions here pass the question on to the kind at hand. They visit all kinds, so that a new
// one compiles only when it answers everything.
#pragma once

#include <variant>
#include <vector>

#include "commit/work/change_run.hpp"
#include "commit/work/client_write.hpp"
#include "commit/work/external_sql.hpp"
#include "commit/work/foreign_run.hpp"
#include "commit/work/rows.hpp"
#include "commit/work/run_start.hpp"
#include "commit/work/settlement.hpp"
#include "commit/work/value_claim.hpp"

namespace reef::commit {

using Work = std::variant<ClientWrite, ValueClaim, ChangeRun, Rows, Settlement, ExternalSqlWrites,
                          ForeignRun, RunStart>;

std::size_t rows_of(const Work& work);  // at least 1: what has no rows is work, too
void add_to_request(const model::Schema& schema, const Work& work, store::LoadRequest& request);
std::vector<model::RecordRef> lacking(const Work& work, const model::Facts& facts);
std::vector<model::RecordRef> written_by(const Work& work);
bool needs_lease(const Work& work);
Result<Done> take(BatchState& state, const Work& work);
Division<Work> divide(Work work, const Error& error);

}  // namespace reef::commit
