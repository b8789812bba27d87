// Logs: one line per event, a sentence first, then key=value. Text on a terminal, JSON lines
// otherwise. A text line has the local time on a terminal, and date and time in UTC elsewhere, as
// JSON lines have. From any thread. Never a record's body, never a secret.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace reef::log {

enum class Level { debug, info, warn, error, off };
enum class Format { automatic, text, json };

// Once, at start. `who` names this process on each line: "us".
void set_up(Level level, Format format, std::string who);
bool enabled(Level level);

struct Field {
    Field(std::string_view field_name, std::string_view text) : name(field_name), value(text) {}
    Field(std::string_view field_name, const char* text) : name(field_name), value(text) {}
    Field(std::string_view field_name, const std::string& text) : name(field_name), value(text) {}
    template <class Number>
    requires std::is_arithmetic_v<Number> Field(std::string_view field_name, Number number)
        : name(field_name), value(std::to_string(number)), is_number(true) {}

    std::string_view name;
    std::string value;
    bool is_number = false;
};
using Fields = std::initializer_list<Field>;

void write(Level level, std::string_view sentence, Fields fields);
inline void debug(std::string_view sentence, Fields fields = {}) {
    if (enabled(Level::debug)) write(Level::debug, sentence, fields);
}
inline void info(std::string_view sentence, Fields fields = {}) {
    write(Level::info, sentence, fields);
}
inline void warn(std::string_view sentence, Fields fields = {}) {
    write(Level::warn, sentence, fields);
}
inline void error(std::string_view sentence, Fields fields = {}) {
    write(Level::error, sentence, fields);
}

}  // namespace reef::log
