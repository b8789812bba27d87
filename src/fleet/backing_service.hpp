// A program beside an app's nodes that they stand on: a database, a broker. It is planned before
// the app file is read for good, because it gives variables to that; the fleet makes and runs it.
#pragma once

#include <functional>
#include <string>

#include "base/result.hpp"
#include "fleet/member.hpp"

namespace reef::fleet {

struct BackingService {
    MemberOptions member;
    std::uint16_t port = 0;  // of 127.0.0.1
    std::string folder;      // all that it keeps; `--fresh` removes it
    // Makes the folder, and in it what this start needs. unavailable: the disk refuses.
    std::function<Result<void>()> make_folder;
    Variables variables;       // by which nodes find it
    std::string show_command;  // a command that shows people what is in it
};

}  // namespace reef::fleet
