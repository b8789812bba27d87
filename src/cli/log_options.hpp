// --log-level, --log-format, --log-requests: the options of every command that writes a log.
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

// A command's own options, followed by the options of the log.
std::vector<Option> with_log_options(LogArguments& arguments, std::vector<Option> own);
void set_up_log(const LogArguments& arguments, const std::string& node);
api::RequestLog request_log(const LogArguments& arguments);

}  // namespace reef::cli
