// Who may call /_atoll/…: peers and operators that know the peer secret, or, where there is none,
// whoever calls from this machine. The gateway passes none of these paths.
#pragma once

#include <string>
#include <vector>

#include "http/http.hpp"

namespace reef::peers {

struct Admission {
    std::vector<std::string> secrets;  // any of them; none: only callers on loopback are admitted
    bool closed = false;  // nobody is: the node listens beyond this machine without a secret

    bool admits(const http::Request& request) const;
};

}  // namespace reef::peers
