// What is loaded for a piece of work, before anything is decided.
#pragma once

#include <vector>

#include "commit/work.hpp"
#include "model/decide.hpp"
#include "store/store.hpp"

namespace reef::commit {

// Adds what this piece of work needs to know.
void add_to_request(const model::Schema& schema, const Work& work, store::LoadRequest& wanted);

// Records that it needs as well, as the facts loaded first have shown: those that will be taken
// back, since their requests made others elsewhere.
std::vector<model::RecordRef> lacking(const Work& work, const model::Facts& facts);

}  // namespace reef::commit
