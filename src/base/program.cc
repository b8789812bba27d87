#include "base/program.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string_view>
#include <vector>

namespace reef {

namespace {

std::vector<std::string> folders_to_search() {
    std::vector<std::string> folders;
    const auto add = [&folders](std::string_view folder) {
        const bool known = std::find(folders.begin(), folders.end(), folder) != folders.end();
        if (!folder.empty() && !known) folders.emplace_back(folder);
    };
    const char* path = std::getenv("PATH");
    std::string_view rest = path ? path : "";
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find(':'), rest.size());
        add(rest.substr(0, end));
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    for (const char* folder : {"/usr/local/sbin", "/usr/sbin", "/sbin"})
        add(folder);
    return folders;
}

bool can_run(const std::string& file) {
    std::error_code failed;
    return std::filesystem::is_regular_file(file, failed) && access(file.c_str(), X_OK) == 0;
}

}  // namespace

Result<std::string> find_program(const std::string& name) {
    std::string looked_in;
    for (const std::string& folder : folders_to_search()) {
        std::string file = folder + '/' + name;
        if (can_run(file)) return file;
        looked_in += (looked_in.empty() ? "" : ", ") + folder;
    }
    return Error{Errc::unavailable, "there is no " + name + " in " + looked_in};
}

}  // namespace reef
