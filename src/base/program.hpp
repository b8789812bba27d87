// Where the programs of other packages are that Atoll starts: nginx, Java, PostgreSQL's.
#pragma once

#include <string>

#include "base/result.hpp"

namespace reef {

// The program's path. PATH goes first; then the folders that Debian has in root's PATH alone, since
// nginx is in one of them. unavailable: it is in none; the text says where it was looked for.
Result<std::string> find_program(const std::string& name);

}  // namespace reef
