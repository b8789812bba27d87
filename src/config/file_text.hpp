// A whole file as text.
#pragma once

#include <string>

#include "base/result.hpp"

namespace reef::config {

// not_found: it cannot be read, and why ("No such file or directory").
Result<std::string> file_text(const std::string& file);

}  // namespace reef::config
