#include "gateway/nginx.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <vector>

#include "base/program.hpp"

namespace reef::gateway {

namespace {

// A temporary folder for nginx's prefix. The destructor removes it with all that is in it.
class Prefix {
public:
    Prefix() {
        std::string name = std::filesystem::temp_directory_path() / "atoll-gateway-XXXXXX";
        if (!::mkdtemp(name.data())) return;
        path_ = name;
    }
    ~Prefix() {
        std::error_code ignored;
        if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
    }
    Prefix(const Prefix&) = delete;
    Prefix& operator=(const Prefix&) = delete;

    bool good() const { return !path_.empty(); }
    std::string path() const { return path_.string(); }
    std::string file(const char* name) const { return (path_ / name).string(); }

private:
    std::filesystem::path path_;
};

// Runs the command, with its stderr in the file `output`, and returns its exit status. Absent: the
// program cannot be run.
std::optional<int> run(std::vector<std::string> command, const std::string& output) {
    std::vector<char*> arguments;
    for (std::string& argument : command)
        arguments.push_back(argument.data());
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, output.c_str(),
                                     O_WRONLY | O_CREAT | O_TRUNC, 0600);
    pid_t pid = 0;
    const int failed =
        posix_spawnp(&pid, arguments[0], &actions, nullptr, arguments.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    if (failed) return std::nullopt;
    int status = 0;
    while (::waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR) return std::nullopt;
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

std::optional<WorkerUser> known_user(const passwd* user) {
    if (!user) return std::nullopt;
    const ::group* group = ::getgrgid(user->pw_gid);
    if (!group) return std::nullopt;
    return WorkerUser{user->pw_name, group->gr_name, user->pw_uid, user->pw_gid};
}

std::string text_of(const std::string& file) {
    std::ostringstream text;
    text << std::ifstream{file}.rdbuf();
    return text.str();
}

}  // namespace

std::optional<WorkerUser> worker_user(const std::string& data_folder) {
    if (::geteuid() != 0) return std::nullopt;
    struct stat folder {};
    if (::stat(data_folder.c_str(), &folder) == 0 && folder.st_uid != 0) {
        if (auto owner = known_user(::getpwuid(folder.st_uid))) return owner;
    }
    for (const char* name : {"www-data", "nobody"}) {
        if (auto user = known_user(::getpwnam(name))) return user;
    }
    return std::nullopt;  // nginx takes the user that it was built with, or says it does not exist
}

bool has_ipv6_loopback() {
    const int socket = ::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (socket < 0) return false;
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_addr = in6addr_loopback;
    const bool bound =
        ::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    ::close(socket);
    return bound;
}

Result<std::string> find_nginx() {
    auto found = find_program("nginx");
    if (found) return found;
    return Error{found.error().code, found.error().what + ": apt-get install nginx (on Debian)"};
}

Result<void> check_nginx_conf(const std::string& conf) {
    const auto nginx = find_nginx();
    if (!nginx) return nginx.error();
    const Prefix prefix;
    if (!prefix.good()) return Error{Errc::unavailable, "no temporary folder for nginx"};
    const std::string file = prefix.file("nginx.conf");
    std::ofstream{file} << conf;
    for (const char* folder : {"gateway", "logs"})
        std::filesystem::create_directory(prefix.file(folder));
    const auto status = run({*nginx, "-t", "-q", "-e", "stderr", "-p", prefix.path(), "-c", file},
                            prefix.file("output"));
    if (!status) return Error{Errc::unavailable, *nginx + " can't be run"};
    if (*status == 0) return {};
    return Error{Errc::invalid, text_of(prefix.file("output"))};
}

}  // namespace reef::gateway
