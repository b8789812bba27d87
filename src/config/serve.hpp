// What the variables of [serve] mean. They say something about one process: which node it is,
// where it listens, what it stores in. So a plain name (PORT) speaks of the process that reads it,
// and of no other node; NAME_US speaks of the node us in every process.
#pragma once

#include <string>
#include <vector>

#include "config/section.hpp"

namespace reef::config {

// All that [serve] reads.
Names personal_names(Section serve);

// `up` starts all of `own`, more than one node: a plain name that is set could mean any of them,
// and is refused. HOST is not: many shells set it.
void refuse_plain_names(Section serve, const Environment& environment, const std::string& nodes_are,
                        const std::vector<std::string>& own);

}  // namespace reef::config
