#include "fleet/postgres.hpp"

#include <pwd.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>

#include "base/program.hpp"

namespace reef::fleet {

namespace {

namespace fs = std::filesystem;

constexpr const char* role = "atoll";

// Descriptor 3 is the service's folder. The script builds the cluster under another name and
// renames it at the end, so that a preparation which was interrupted starts from scratch.
constexpr const char* cluster_script = R"(
set -e
[ ! -e /proc/self/fd/3/cluster ] || exit 0
made=/proc/self/fd/3/made
rm -rf $made
"$1/initdb" -D $made -U postgres -A trust -E UTF8 --locale=C.UTF-8 --no-instructions
printf "host $2 $3 %s trust\\n" 127.0.0.1/32 ::1/128 >$made/pg_hba.conf
"$1/postgres" --single -D $made -c exit_on_error=on postgres <<END
CREATE ROLE $3 LOGIN
CREATE DATABASE $2 OWNER $3
END
mv $made /proc/self/fd/3/cluster
)";

// A cluster stays with the version that made it.
std::string version_of(const fs::path& cluster) {
    std::string version;
    std::getline(std::ifstream{cluster / "PG_VERSION"}, version);
    return version;
}

// Absent: we are not root, so the server runs as our own user.
Result<std::optional<User>> user_for_server() {
    if (geteuid() != 0) return std::optional<User>{};
    const passwd* known = getpwnam("postgres");
    if (known) return std::optional{User{known->pw_uid, known->pw_gid}};
    return Error{Errc::unavailable,
                 "PostgreSQL does not run as root, and there is no user postgres: adduser --system "
                 "--group postgres"};
}

Result<void> make_closed_folder(const std::string& folder, const std::optional<User>& user) {
    std::error_code failed;
    fs::create_directories(folder, failed);
    if (!failed) fs::permissions(folder, fs::perms::owner_all, failed);
    if (failed) return Error{Errc::unavailable, folder + ": " + failed.message()};
    if (user && chown(folder.c_str(), user->id, user->group) != 0)
        return Error{Errc::unavailable, folder + ": " + std::strerror(errno)};
    return {};
}

}  // namespace

Result<BackingService> postgres_service(const PostgresOptions& options) {
    BackingService service;
    service.member.name = "postgres-" + options.of;
    service.member.tier = Tier::backing;
    service.port = options.port;
    const fs::path folder = fs::path{options.data} / service.member.name;
    service.folder = folder.string();
    const auto programs = postgres_programs("initdb", version_of(folder / "cluster"));
    if (!programs) return programs.error();
    const auto user = user_for_server();
    if (!user) return user.error();

    Command& server = service.member.command;
    server.environment = {{"LC_ALL", "C.UTF-8"}};
    server.user = *user;
    server.folder = service.folder;
    server.stop_signal = SIGINT;  // on SIGTERM the server would wait for every client to leave
    service.member.preparation = server;
    service.member.preparation.arguments = {
        "sh", "-c", cluster_script, "sh", *programs, options.database, role};
    server.arguments = {*programs + "/postgres", "-D", "/proc/self/fd/3/cluster", "-p",
                        std::to_string(options.port)};
    for (const char* setting :
         {"listen_addresses=localhost", "unix_socket_directories=", "TimeZone=UTC"})
        server.arguments.insert(server.arguments.end(), {"-c", setting});
    service.member.ready_mark = "ready to accept connections";

    service.make_folder = [folder = service.folder, user = *user] {
        return make_closed_folder(folder, user);
    };
    const std::string url = "postgresql://" + std::string{role} +
                            "@127.0.0.1:" + std::to_string(options.port) + '/' + options.database;
    service.variables = {{options.variable, url}};
    service.show_command = "psql " + url;
    return service;
}

}  // namespace reef::fleet
