// One [[resource]] of the app file.
#pragma once

#include <string>
#include <vector>

#include "config/field.hpp"
#include "config/section.hpp"
#include "model/schema.hpp"

namespace reef::config {

// Reads all resources into app.schema; app.nodes and app.api are complete by then.
void read_resources(Section& top, App& app);

// Names that resources and nodes cannot have: they are paths of every app.
const std::vector<std::string>& reserved_paths();

}  // namespace reef::config
