// What the app file says of messages: texts and JSON whose <parts> are filled in from a change.
#pragma once

#include "config/section.hpp"

namespace reef::config {

using Parts = std::vector<std::string>;

// What a message can say; kept headers as <header.NAME>.
Parts message_parts(const App& app);

// The text `name` of the section, or the fallback; notes parts that are not allowed.
std::string text_with_parts(Section& section, const std::string& name, std::string fallback,
                            const Parts& allowed);
// The same of JSON; "" when there is none.
std::string json_with_parts(Section& section, const std::string& name, const Parts& allowed);

}  // namespace reef::config
