// What is listed of a conflict, as canonical JSON. Pure.
#pragma once

#include <string>
#include <vector>

#include "model/row.hpp"

namespace reef::commit {

// That two rows of one record say otherwise, but for the time of the last write.
std::vector<model::FieldId> differing_fields(const model::Resource& resource,
                                             const model::Row& here, const model::Row& there);
// {"fields":[…],"here":row,"there":row,"result":row}
std::string conflict_detail(const model::Resource& resource,
                            const std::vector<model::FieldId>& fields, const model::Row& here,
                            const model::Row& there, const model::Row& result);
// {"fields":[],"letter":"eu.8x2a:7","reason":"…"}: a dead letter that was given up.
std::string waiver_detail(const model::Dot& letter, const std::string& reason);

}  // namespace reef::commit
