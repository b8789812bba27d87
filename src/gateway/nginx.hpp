// What the generated nginx.conf needs to know from the machine that it is for.
#pragma once

#include <string>

#include "base/result.hpp"

namespace reef::gateway {

bool has_ipv6_loopback();

// The path of the installed nginx. unavailable: there is none, and where it was looked for.
Result<std::string> find_nginx();

// Lets the installed nginx look at `conf` (`nginx -t`), in a temporary folder of its own; blocks.
// unavailable: there is no nginx here. invalid: nginx refuses it, the text is what it said.
Result<void> check_nginx_conf(const std::string& conf);

}  // namespace reef::gateway
