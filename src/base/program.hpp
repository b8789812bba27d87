// The programs of other packages that Atoll starts (nginx, Java, PostgreSQL's): where they are,
// with which environment, and how one is run to its end.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/result.hpp"

namespace reef {

// The program's path. PATH goes first; then the folders that Debian has in root's PATH alone, since
// nginx is in one of them. unavailable: it is in none; the text says where it was looked for.
Result<std::string> find_program(const std::string& name);

// The folder with PostgreSQL's programs of a major version ("15"), `program` among them
// ("pg_dump"). Without a version, or if Debian has none of it: with the newest that Debian
// installed, or else the folder in which `program` is found. unavailable: PostgreSQL is not
// installed.
Result<std::string> postgres_programs(const std::string& program, const std::string& version);

using Variables = std::vector<std::pair<std::string, std::string>>;
// Our own environment as "NAME=value", with these variables instead of ours.
std::vector<std::string> environment_with(const Variables& variables);

// Runs a program to its end, without input. Returns what it printed. unavailable: it did not start,
// or it failed; the text is what it said on stderr.
Result<std::string> run_program(std::vector<std::string> arguments, const Variables& variables);

}  // namespace reef
