#include "base/program.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string_view>

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

constexpr const char* debian_postgres = "/usr/lib/postgresql";  // …/15/bin

// What a program prints: kept in memory, so that neither side waits for the other.
class Captured {
public:
    explicit Captured(const char* name) : descriptor_(memfd_create(name, MFD_CLOEXEC)) {}
    ~Captured() {
        if (descriptor_ >= 0) close(descriptor_);
    }
    Captured(const Captured&) = delete;
    Captured& operator=(const Captured&) = delete;

    int descriptor() const { return descriptor_; }

    std::string text() const {
        std::string all;
        char piece[1 << 14];
        for (off_t at = 0;;) {
            const ssize_t size = pread(descriptor_, piece, sizeof piece, at);
            if (size <= 0) return all;
            all.append(piece, static_cast<std::size_t>(size));
            at += size;
        }
    }

private:
    const int descriptor_;
};

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
    std::vector<char*> pointers;
    for (std::string& text : texts)
        pointers.push_back(text.data());
    pointers.push_back(nullptr);
    return pointers;
}

// Returns 0 or an errno.
int start_program(std::vector<std::string>& arguments, const Variables& variables,
                  const Captured& output, const Captured& errors, pid_t& pid) {
    std::vector<std::string> environment = environment_with(variables);
    const auto argument_pointers = pointers_to(arguments);
    const auto environment_pointers = pointers_to(environment);
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&files, output.descriptor(), STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&files, errors.descriptor(), STDERR_FILENO);
    const int failed = posix_spawnp(&pid, arguments[0].c_str(), &files, nullptr,
                                    argument_pointers.data(), environment_pointers.data());
    posix_spawn_file_actions_destroy(&files);
    return failed;
}

// Without the line end, and without the program's name, which the caller's message has.
std::string said_by(const std::string& name, std::string text) {
    while (text.ends_with('\n'))
        text.pop_back();
    return text.starts_with(name + ": ") ? text.substr(name.size() + 2) : text;
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

Result<std::string> postgres_programs(const std::string& program, const std::string& version) {
    namespace fs = std::filesystem;
    std::error_code none;
    const fs::path same = fs::path{debian_postgres} / version / "bin";
    if (!version.empty() && fs::exists(same / program, none)) return same.string();
    int newest = 0;
    for (const auto& entry : fs::directory_iterator{debian_postgres, none}) {
        const int known = std::atoi(entry.path().filename().c_str());
        if (fs::exists(entry.path() / "bin" / program, none)) newest = std::max(newest, known);
    }
    if (newest > 0) return (fs::path{debian_postgres} / std::to_string(newest) / "bin").string();
    const auto found = find_program(program);
    if (found) return fs::path{*found}.parent_path().string();
    return Error{Errc::unavailable, "PostgreSQL is not installed: no " +
                                        std::string{debian_postgres} + "/*/bin/" + program +
                                        ", and " + found.error().what +
                                        ": apt-get install postgresql (on Debian; or tools/install "
                                        "full)"};
}

std::vector<std::string> environment_with(const Variables& variables) {
    std::vector<std::string> all;
    for (const auto& [name, value] : variables)
        all.push_back(name + '=' + value);
    for (char** entry = environ; *entry; ++entry) {
        const std::string_view known{*entry};
        const std::string_view name = known.substr(0, known.find('='));
        const bool replaced =
            std::any_of(variables.begin(), variables.end(),
                        [name](const auto& variable) { return variable.first == name; });
        if (!replaced) all.emplace_back(known);
    }
    return all;
}

Result<std::string> run_program(std::vector<std::string> arguments, const Variables& variables) {
    const std::string name = std::filesystem::path{arguments.at(0)}.filename().string();
    const Captured output{"output"};
    const Captured errors{"errors"};
    pid_t pid = 0;
    if (const int failed = start_program(arguments, variables, output, errors, pid); failed != 0)
        return Error{Errc::unavailable, "cannot run " + arguments[0] + ": " + strerror(failed)};
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return output.text();
    return Error{Errc::unavailable, name + ": " + said_by(name, errors.text())};
}

}  // namespace reef
