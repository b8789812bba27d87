// What planted faults do to a transaction before it is saved. Hashes and digests are made to fit,
// so that only the records themselves are wrong.
#pragma once

#include "plants.hpp"
#include "store/store.hpp"

namespace reef::simulation {

using LoadedRows = decltype(store::LoadResult::rows);

void amend(Plant plant, const model::Schema& schema, const LoadedRows& before,
           store::WriteSet& saved);

}  // namespace reef::simulation
