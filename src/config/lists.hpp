// How a resource's records are found: sort, filter, look_up and page.
#pragma once

#include "config/section.hpp"
#include "model/schema.hpp"

namespace reef::config {

// The resource's fields are complete by then.
void read_lists(Section& section, model::Resource& resource);

// The field of that name; absent (a mistake was noted at `text`) when there is none.
std::optional<model::FieldId> field_named(const Section& section, const model::Resource& resource,
                                          const Text& text, std::string_view name);

}  // namespace reef::config
