// Text in columns, for people: each column is as wide as its widest cell.
#pragma once

#include <string>
#include <vector>

namespace reef::cli {

enum class Align : bool { left, right };

struct Column {
    std::string title;
    std::size_t width_min = 0;  // in characters, so that small tables look alike
    Align align = Align::left;
};

using Line = std::vector<std::string>;  // a cell for each column; missing ones are empty

// One line for the titles and one for each of `lines`, indented by two, without spaces at the end.
std::string table_text(const std::vector<Column>& columns, const std::vector<Line>& lines);

}  // namespace reef::cli
