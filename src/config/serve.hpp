// What the variables of [serve] mean. They describe one process: which node it is, where it
// listens, which database it uses. So a plain name (PORT) is about the process that reads it and
// about no other node; NAME_US is about the node us, in every process.
#pragma once

#include <string>
#include <vector>

#include "config/section.hpp"

namespace reef::config {

// The names of all variables that [serve] reads.
Names personal_names(Section serve);

// `up` starts all nodes of `own`. If there are several, a plain variable that is set could mean any
// of them, and is refused; except HOST, which many shells set.
void refuse_plain_names(Section serve, const Environment& environment, const std::string& nodes_are,
                        const std::vector<std::string>& own);

}  // namespace reef::config
