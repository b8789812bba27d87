#include "cli/table.hpp"

#include <algorithm>

namespace reef::cli {

namespace {

// Counts code points: "us → eu" has seven. The bytes of a UTF-8 sequence after its first one begin
// with the bits 10.
std::size_t characters_in(const std::string& text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
    }));
}

std::string padded(const std::string& text, std::size_t width, Align align) {
    const std::string spaces(width - characters_in(text), ' ');
    return align == Align::right ? spaces + text : text + spaces;
}

}  // namespace

std::string table_text(const std::vector<Column>& columns, const std::vector<Line>& lines) {
    std::vector<Line> all{{}};
    for (const Column& column : columns)
        all.front().push_back(column.title);
    all.insert(all.end(), lines.begin(), lines.end());
    for (Line& line : all)
        line.resize(columns.size());

    std::string text;
    std::vector<std::size_t> widths;
    for (std::size_t i = 0; i < columns.size(); ++i) {
        std::size_t width = columns[i].width_min;
        for (const Line& line : all)
            width = std::max(width, characters_in(line[i]));
        widths.push_back(width);
    }
    for (const Line& line : all) {
        std::string row;
        for (std::size_t i = 0; i < columns.size(); ++i)
            row += (i == 0 ? "  " : " ") + padded(line[i], widths[i], columns[i].align);
        row.erase(row.find_last_not_of(' ') + 1);
        text += row + '\n';
    }
    return text;
}

}  // namespace reef::cli
