// One record as a peer has it. Called where the peer's calls run.
#pragma once

#include <chrono>

#include "base/task.hpp"
#include "model/row.hpp"
#include "model/schema.hpp"
#include "peers/calls.hpp"

namespace reef::peers {

// not_found: it has no such record. Else as PeerCalls says, or unavailable: what it says is no row
// of that record.
Task<model::Row> record_of_peer(PeerCalls& calls, const model::Resource& resource,
                                model::RecordRef ref, std::chrono::milliseconds timeout);

}  // namespace reef::peers
