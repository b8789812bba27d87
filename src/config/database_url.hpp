// What is wrong with the URL of a PostgreSQL database, before anybody connects to it.
#pragma once

#include <string>
#include <string_view>

namespace reef::config {

// "" when nothing is wrong. The text never holds the user, the password, or anything that might be
// part of them.
std::string wrong_with_database_url(std::string_view url);

}  // namespace reef::config
