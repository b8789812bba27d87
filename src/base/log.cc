#include "base/log.hpp"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include "base/clock.hpp"
#include "base/log_line.hpp"

namespace reef::log {

namespace {

struct Setup {
    std::shared_ptr<spdlog::logger> logger;
    bool json = false;
    std::string who;
};

Setup& setup() {
    static Setup one;
    return one;
}

spdlog::level::level_enum spdlog_level(Level level) {
    switch (level) {
        case Level::debug:
            return spdlog::level::debug;
        case Level::info:
            return spdlog::level::info;
        case Level::warn:
            return spdlog::level::warn;
        case Level::error:
            return spdlog::level::err;
        default:
            return spdlog::level::off;
    }
}

}  // namespace

void set_up(Level level, Format format, std::string who) {
    Setup& one = setup();
    one.who = std::move(who);
    const bool terminal = isatty(STDERR_FILENO);
    one.json = format == Format::json || (format == Format::automatic && !terminal);
    one.logger = spdlog::stderr_color_mt("atoll");
    one.logger->set_level(spdlog_level(level));
    if (one.json) {
        one.logger->set_pattern("%v");
    } else if (terminal) {
        one.logger->set_pattern("%H:%M:%S.%e %^%-7l%$ %v");
    } else {  // a file is read days later, and beside the files of machines in other time zones
        one.logger->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %-7l %v", spdlog::pattern_time_type::utc);
    }
    one.logger->flush_on(spdlog::level::trace);
}

bool enabled(Level level) {
    const auto& logger = setup().logger;
    return logger && logger->should_log(spdlog_level(level));
}

void write(Level level, std::string_view sentence, Fields fields) {
    if (!enabled(level)) return;
    const auto at = spdlog_level(level);
    const auto name = spdlog::level::to_string_view(at);
    const Setup& one = setup();
    const std::string line = one.json ? json_line(system_clock().now(), {name.data(), name.size()},
                                                  one.who, sentence, fields)
                                      : text_line(sentence, fields);
    one.logger->log(at, "{}", line);
}

}  // namespace reef::log
