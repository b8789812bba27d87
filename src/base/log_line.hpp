// How one event of the log is written, in either format. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/log.hpp"
#include "base/time.hpp"

namespace reef::log {

// A JSON object of one line: time, level, node, message, then the fields in their order. It is
// valid JSON in UTF-8 whatever the texts hold, and has no name twice.
std::string json_line(Time time, std::string_view level, std::string_view node,
                      std::string_view sentence, Fields fields);

// "sentence name=value name="another value"". A terminal can show it: control characters in values
// are escaped.
std::string text_line(std::string_view sentence, Fields fields);

}  // namespace reef::log
