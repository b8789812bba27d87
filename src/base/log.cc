#include "base/log.hpp"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include "base/clock.hpp"

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

void append_quoted(std::string& out, std::string_view text) {
    static constexpr char hex[] = "0123456789abcdef";
    out += '"';
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (byte < 0x20 || byte >= 0x7f) {
            out += "\\u00";
            out += hex[byte >> 4];
            out += hex[byte & 15];
        } else {
            out += c;
        }
    }
    out += '"';
}

bool is_plain(std::string_view text) {
    return !text.empty() && text.find_first_of(" \"\\=\n\r\t") == text.npos;
}

std::string as_json(Level level, std::string_view sentence, Fields fields) {
    std::string line = "{\"time\":\"" + to_text(system_clock().now()) + "\",\"level\":\"";
    const auto name = spdlog::level::to_string_view(spdlog_level(level));
    line.append(name.data(), name.size());
    line += "\",\"node\":";
    append_quoted(line, setup().who);
    line += ",\"message\":";
    append_quoted(line, sentence);
    for (const Field& field : fields) {
        line += ',';
        append_quoted(line, field.name);
        line += ':';
        if (field.is_number) {
            line += field.value;
        } else {
            append_quoted(line, field.value);
        }
    }
    return line + '}';
}

std::string as_text(std::string_view sentence, Fields fields) {
    std::string line{sentence};
    for (const Field& field : fields) {
        line += ' ';
        line += field.name;
        line += '=';
        if (is_plain(field.value)) {
            line += field.value;
        } else {
            append_quoted(line, field.value);
        }
    }
    return line;
}

}  // namespace

void set_up(Level level, Format format, std::string who) {
    Setup& one = setup();
    one.who = std::move(who);
    one.json = format == Format::json || (format == Format::automatic && !isatty(STDERR_FILENO));
    one.logger = spdlog::stderr_color_mt("atoll");
    one.logger->set_level(spdlog_level(level));
    one.logger->set_pattern(one.json ? "%v" : "%H:%M:%S.%e %^%-5l%$ %v");
    one.logger->flush_on(spdlog::level::trace);
}

bool enabled(Level level) {
    const auto& logger = setup().logger;
    return logger && logger->should_log(spdlog_level(level));
}

void write(Level level, std::string_view sentence, Fields fields) {
    if (!enabled(level)) return;
    const std::string line =
        setup().json ? as_json(level, sentence, fields) : as_text(sentence, fields);
    setup().logger->log(spdlog_level(level), "{}", line);
}

}  // namespace reef::log
