#include "base/log_line.hpp"

#include <algorithm>
#include <vector>

#include "base/utf8.hpp"

namespace reef::log {

namespace {

void append_escaped(std::string& out, unsigned char code) {
    static constexpr char hex[] = "0123456789abcdef";
    out += "\\u00";
    out += hex[code >> 4];
    out += hex[code & 15];
}

// Control characters are those below space, DEL, and U+0080 to U+009F, which UTF-8 begins with
// 0xc2.
bool is_control(std::string_view character) {
    const auto first = static_cast<unsigned char>(character[0]);
    if (character.size() == 1) return first < 0x20 || first == 0x7f;
    return first == 0xc2 && static_cast<unsigned char>(character[1]) < 0xa0;
}

void append_quoted(std::string& out, std::string_view text) {
    out += '"';
    while (!text.empty()) {
        const std::size_t bytes = utf8_character_bytes(text);
        const std::string_view character = text.substr(0, std::max<std::size_t>(bytes, 1));
        text.remove_prefix(character.size());
        if (bytes == 0) {
            out += "\\ufffd";  // the replacement character: JSON is UTF-8 throughout
        } else if (is_control(character)) {
            append_escaped(out, static_cast<unsigned char>(character.back()));
        } else {
            if (character == "\"" || character == "\\") out += '\\';
            out += character;
        }
    }
    out += '"';
}

bool needs_no_quotes(std::string_view text) {
    if (text.empty() || text.find_first_of(" \"\\=") != text.npos) return false;
    while (!text.empty()) {
        const std::size_t bytes = utf8_character_bytes(text);
        if (bytes == 0 || is_control(text.substr(0, bytes))) return false;
        text.remove_prefix(bytes);
    }
    return true;
}

class JsonLine {
public:
    void put(std::string_view name, std::string_view value, bool is_number) {
        line_ += line_.empty() ? '{' : ',';
        append_quoted(line_, unused(name));
        line_ += ':';
        if (is_number) {
            line_ += value;
        } else {
            append_quoted(line_, value);
        }
    }

    std::string take() { return std::move(line_) + '}'; }

private:
    // Of two members with one name, a program that reads the log keeps one, or refuses the line.
    std::string unused(std::string_view name) {
        std::string free{name};
        for (int number = 2; std::find(names_.begin(), names_.end(), free) != names_.end();)
            free = std::string{name} + '_' + std::to_string(number++);
        names_.push_back(free);
        return free;
    }

    std::string line_;
    std::vector<std::string> names_;
};

}  // namespace

std::string json_line(Time time, std::string_view level, std::string_view node,
                      std::string_view sentence, Fields fields) {
    JsonLine line;
    line.put("time", to_text(time), false);
    line.put("level", level, false);
    line.put("node", node, false);
    line.put("message", sentence, false);
    for (const Field& field : fields) {
        const bool said = field.name == "node" && field.value == node;
        if (!said) line.put(field.name, field.value, field.is_number);
    }
    return line.take();
}

std::string text_line(std::string_view sentence, Fields fields) {
    std::string line{sentence};
    for (const Field& field : fields) {
        line += ' ';
        line += field.name;
        line += '=';
        if (needs_no_quotes(field.value)) {
            line += field.value;
        } else {
            append_quoted(line, field.value);
        }
    }
    return line;
}

}  // namespace reef::log
