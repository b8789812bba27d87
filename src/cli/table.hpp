// Formats text in columns. Each column is as wide as its widest cell.
#pragma once

#include <string>
#include <vector>

namespace reef::cli {

enum class Align : bool { left, right };

struct Column {
    std::string title;
    std::size_t width_min = 0;  // in characters; the columns of small tables then look alike
    Align align = Align::left;
};

using Line = std::vector<std::string>;  // a cell for each column; missing ones are empty

// The titles' line and then `lines`, each indented by two spaces and without spaces at its end.
std::string table_text(const std::vector<Column>& columns, const std::vector<Line>& lines);

}  // namespace reef::cli
