// What is wrong only when the parts of an app are seen together.
#pragma once

#include "config/section.hpp"

namespace reef::config {

void check_whole(Section& top, const LoadOptions& options, const App& app);

}  // namespace reef::config
