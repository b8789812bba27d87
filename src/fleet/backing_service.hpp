// A program that an app's nodes need and that runs beside them: a database, a broker. `plan_stack`
// describes it before the app file is read for the last time, because the file refers to the
// variables that the service sets. The fleet then makes its folder and runs it.
#pragma once

#include <functional>
#include <string>

#include "base/result.hpp"
#include "fleet/member.hpp"

namespace reef::fleet {

struct BackingService {
    MemberOptions member;
    std::uint16_t port = 0;  // of 127.0.0.1
    std::string folder;      // holds all of its files; `--fresh` removes it
    // Makes the folder and writes the files that the start needs. unavailable: the disk refuses.
    std::function<Result<void>()> make_folder;
    Variables variables;       // tell nodes where the service listens
    std::string show_command;  // a command that shows people the service's content
    std::string page = {};     // the URL of a page that shows it, too; "": there is none
};

}  // namespace reef::fleet
