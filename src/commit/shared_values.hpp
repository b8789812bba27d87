// What a written row may have brought into conflict with others, or out of it. Pure.
#pragma once

#include <functional>
#include <vector>

#include "store/batch.hpp"

namespace reef::commit {

// Of unique values and references that differ between the two, and of a record that others may
// refer to where its life ended or began. `before`: null where the record is new. References to
// what `is_alive` knows to be there are left out.
std::vector<store::SharedValue> shared_values(
    const model::Schema& schema, const model::Row* before, const model::Row& after,
    const std::function<bool(const model::RecordRef&)>& is_alive);

}  // namespace reef::commit
