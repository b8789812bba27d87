// How a person's word settles a conflict: the writes that say so. They are writes as all others,
// made on the record as it is now, so that they have seen both sides. Pure.
#pragma once

#include <optional>
#include <vector>

#include "model/conflict.hpp"
#include "model/intent.hpp"

namespace reef::model {

enum class Keep : std::uint8_t { kept, lost };

// `current` is the conflict's record as it is now. To keep what won is a write that names no field;
// of a deleted record it is a delete once more. conflict: the word cannot be had by a write; the
// message says what to do instead.
Result<std::vector<Intent>> resolution_of(const Resource& resource, const Conflict& conflict,
                                          const Row& current, Keep keep);

// Of what is so now (is_of_now): which records have the value.
std::optional<FieldRef> shared_ref(const Schema& schema, const Conflict& conflict);
// The conflict with the records that are in it, "records", by the time of their inserts; of a
// unique value the first one is "kept", the second one "lost", and the record is the first one.
Conflict with_holders(const Schema& schema, Conflict conflict, const std::vector<Row>& holders);
// `current`: the record, where there is one (the counter's, or what is referred to).
Result<std::vector<Intent>> resolution_of_shared(const Schema& schema, const Conflict& conflict,
                                                 const std::optional<Row>& current,
                                                 const std::vector<Row>& holders, Keep keep);
void sort_by_insert(std::vector<Row>& holders);

}  // namespace reef::model
