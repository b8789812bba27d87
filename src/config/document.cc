#include "config/document.hpp"

#include <toml++/toml.h>

#include <array>

#include "config/file_text.hpp"

namespace reef::config {

namespace {

Location location_of(const toml::source_region& source) {
    return {source.begin.line, source.begin.column};
}

std::vector<std::string_view> lines_of(std::string_view text) {
    std::vector<std::string_view> lines;
    for (std::size_t begin = 0; begin <= text.size();) {
        const std::size_t end = std::min(text.find('\n', begin), text.size());
        lines.push_back(text.substr(begin, end - begin));
        begin = end + 1;
    }
    return lines;
}

// toml++ counts columns in code points.
std::size_t byte_of(std::string_view line, std::uint32_t column) {
    std::size_t at = 0;
    for (std::uint32_t passed = 1; at < line.size(); ++at) {
        const bool begins = (static_cast<unsigned char>(line[at]) & 0xc0) != 0x80;
        if (begins && passed++ == column) break;
    }
    return at;
}

class Converter {
public:
    explicit Converter(std::string_view text) : lines_(lines_of(text)) {}

    Toml convert(const toml::node& node) const {
        Toml made;
        made.at = location_of(node.source());
        node.visit([&](const auto& value) { fill(made, value); });
        return made;
    }

private:
    void fill(Toml& made, const toml::table& table) const {
        made.kind = Toml::Kind::table;
        for (const auto& [key, value] : table) {
            made.members.emplace_back(TomlKey{std::string{key.str()}, location_of(key.source())},
                                      convert(value));
        }
        std::stable_sort(made.members.begin(), made.members.end(),
                         [](const auto& a, const auto& b) { return a.first.at < b.first.at; });
    }
    void fill(Toml& made, const toml::array& array) const {
        made.kind = Toml::Kind::array;
        for (const auto& item : array)
            made.items.push_back(convert(item));
    }
    void fill(Toml& made, const toml::value<std::string>& value) const {
        made.kind = Toml::Kind::string;
        made.text = value.get();
    }
    void fill(Toml& made, const toml::value<bool>& value) const {
        made.kind = Toml::Kind::boolean;
        made.text = value.get() ? "true" : "false";
    }
    void fill(Toml& made, const toml::value<std::int64_t>& value) const {
        made.kind = Toml::Kind::integer;
        made.text = std::to_string(value.get());
    }
    // As written, not as the nearest double: a decimal's digits are exact.
    void fill(Toml& made, const toml::value<double>& value) const {
        made.kind = Toml::Kind::floating;
        made.text = written(value.source());
        std::erase(made.text, '_');
        if (made.text.starts_with('+')) made.text.erase(0, 1);
    }
    template <class DateOrTime>
    void fill(Toml& made, const toml::value<DateOrTime>& value) const {
        made.kind = Toml::Kind::time;
        made.text = written(value.source());
    }

    std::string written(const toml::source_region& source) const {
        const std::string_view line = lines_.at(source.begin.line - 1);
        const std::size_t begin = byte_of(line, source.begin.column);
        return std::string{line.substr(begin, byte_of(line, source.end.column) - begin)};
    }

    std::vector<std::string_view> lines_;
};

}  // namespace

std::string_view name_of(Toml::Kind kind) {
    static constexpr std::array names{"a string", "an integer", "a float", "a boolean",
                                      "a time",   "an array",   "a table"};
    return names[static_cast<std::size_t>(kind)];
}

Document read_document(const std::string& file) {
    Document document;
    const auto text = file_text(file);
    if (!text) {
        document.mistakes.push_back({0, 0, "cannot be read: " + text.error().what});
        return document;
    }
    try {
        document.root = Converter{*text}.convert(toml::parse(*text, file));
    } catch (const toml::parse_error& error) {
        const Location at = location_of(error.source());
        document.mistakes.push_back({at.line, at.column, std::string{error.description()}});
    }
    return document;
}

}  // namespace reef::config
