// --log-level, --log-format, --log-requests: for every command that runs for long.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "api/application.hpp"

namespace reef::cli {

struct LogArguments {
    std::string level;  // "" = $LOG_LEVEL, or info
    std::string format = "auto";
    std::string requests = "errors";
};

void add_log_arguments(CLI::App& command, LogArguments& arguments);
void set_up_log(const LogArguments& arguments, const std::string& who);
api::RequestLog request_log(const LogArguments& arguments);

}  // namespace reef::cli
