// --log-level, --log-format, --log-requests: for every command that runs for long.
#pragma once

#include <string>
#include <vector>

#include "api/application.hpp"
#include "cli/command.hpp"

namespace reef::cli {

struct LogArguments {
    std::string level;  // "" = $LOG_LEVEL, or info
    std::string format = "auto";
    std::string requests = "errors";
};

// A command's own options, and these after them.
std::vector<Option> with_log_options(LogArguments& arguments, std::vector<Option> own);
void set_up_log(const LogArguments& arguments, const std::string& who);
api::RequestLog request_log(const LogArguments& arguments);

}  // namespace reef::cli
