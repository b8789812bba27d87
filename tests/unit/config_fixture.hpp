// What tests of the app file share: files in a folder of their own, and made-up environments.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <string>

#include "config/app.hpp"
#include "temporary_folder.hpp"

namespace reef::config {

using Variables = std::map<std::string, std::string>;

inline Environment environment(Variables variables = {}) {
    return [variables = std::move(variables)](const std::string& name) {
        const auto found = variables.find(name);
        return found == variables.end() ? std::nullopt : std::optional{found->second};
    };
}

// A file of the repository's apps/ folder.
inline std::string shipped(const std::string& name) {
    return std::string{REEF_SOURCE_DIR} + "/apps/" + name;
}

// "12:5: unknown field …" and so on, one a line.
inline std::string text_of(const std::vector<Mistake>& mistakes) {
    std::string text;
    for (const Mistake& mistake : mistakes)
        text += to_text("app", mistake).substr(4) + '\n';
    return text;
}

class ConfigTest : public testing::Test {
protected:
    std::string write(const std::string& name, const std::string& text) const {
        const std::string file = folder_.file(name);
        std::ofstream(file, std::ios::binary) << text;
        return file;
    }

    LoadResult load(const std::string& text, Variables variables = {},
                    LoadOptions options = {}) const {
        return load_app(write("app.toml", text), environment(std::move(variables)), options);
    }

    test::TemporaryFolder folder_;
};

}  // namespace reef::config
