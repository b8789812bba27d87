// CSV as RFC 4180 has it: commas, double quotes, line ends of either kind.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace reef::config {

struct CsvCell {
    std::string text;
    bool quoted = false;  // "" is an empty text, nothing at all is no value
};

struct CsvRecord {
    std::uint32_t line = 0;  // where it begins
    std::vector<CsvCell> cells;
};

// Empty lines are left out. invalid: "12: what is wrong".
Result<std::vector<CsvRecord>> parse_csv(std::string_view text);

}  // namespace reef::config
