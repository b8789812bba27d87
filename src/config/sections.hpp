// The small sections of the app file.
#pragma once

#include "config/section.hpp"

namespace reef::config {

// [app]: first of all, since it says what the others are called.
void read_app(Section& top, App& app);

// [headers.NAME], [answers], [gateway], [store], [peers], [reads], [limits]
void read_sections(Section& top, App& app);

}  // namespace reef::config
