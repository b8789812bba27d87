// Compares a text with a file in tests/unit/golden/. With REEF_WRITE_GOLDEN=1 in the environment
// the file is written instead: look at the difference before it is committed.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

namespace reef {

inline void expect_golden(const std::string& name, const std::string& text) {
    const std::string file = std::string{REEF_SOURCE_DIR} + "/tests/unit/golden/" + name;
    if (std::getenv("REEF_WRITE_GOLDEN")) {
        std::ofstream(file, std::ios::binary) << text;
        return;
    }
    std::stringstream golden(std::ios::in | std::ios::out | std::ios::binary);
    golden << std::ifstream(file, std::ios::binary).rdbuf();
    std::istringstream is(text);
    std::string wanted;
    std::string line;
    for (int number = 1; std::getline(golden, wanted); ++number) {
        if (!std::getline(is, line)) line = "(the end)";
        ASSERT_EQ(line, wanted) << name << ':' << number;
    }
    ASSERT_EQ(text, golden.str()) << name << " goes on";
}

}  // namespace reef
