#include "cli/log_options.hpp"

#include <algorithm>
#include <cstdlib>
#include <map>

#include "base/log.hpp"

namespace reef::cli {

namespace {

const std::map<std::string, log::Level> levels{
    {"debug", log::Level::debug},  {"info", log::Level::info},   {"warn", log::Level::warn},
    {"warning", log::Level::warn}, {"error", log::Level::error}, {"off", log::Level::off}};

const std::map<std::string, log::Format> formats{
    {"auto", log::Format::automatic}, {"text", log::Format::text}, {"json", log::Format::json}};

const std::map<std::string, api::RequestLog> requests{{"all", api::RequestLog::all},
                                                      {"errors", api::RequestLog::errors},
                                                      {"none", api::RequestLog::none}};

template <class Map>
std::vector<std::string> names_in(const Map& map) {
    std::vector<std::string> names;
    for (const auto& entry : map)
        names.push_back(entry.first);
    return names;
}

std::string lower(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return text;
}

}  // namespace

std::vector<Option> with_log_options(LogArguments& arguments, std::vector<Option> own) {
    own.push_back({.name = "--log-level",
                   .value = &arguments.level,
                   .help = "debug, info, warn, error or off",
                   .choices = names_in(levels)});
    own.push_back({.name = "--log-format",
                   .value = &arguments.format,
                   .help = "auto, text or json",
                   .choices = names_in(formats)});
    own.push_back({.name = "--log-requests",
                   .value = &arguments.requests,
                   .help = "all, errors or none",
                   .choices = names_in(requests)});
    return own;
}

void set_up_log(const LogArguments& arguments, const std::string& node) {
    std::string name = lower(arguments.level);
    const char* from_environment = std::getenv("LOG_LEVEL");
    if (name.empty() && from_environment) name = lower(from_environment);
    const auto level = levels.find(name);
    log::set_up(level == levels.end() ? log::Level::info : level->second,
                formats.at(lower(arguments.format)), node);
}

api::RequestLog request_log(const LogArguments& arguments) {
    return requests.at(lower(arguments.requests));
}

}  // namespace reef::cli
