#include "fleet/rabbitmq.hpp"

#include <filesystem>
#include <fstream>

#include "base/program.hpp"

namespace reef::fleet {

namespace {

namespace fs = std::filesystem;

// Debian's wrappers in /usr/sbin switch to the user rabbitmq, who may not enter the app's folder.
constexpr const char* programs = "/usr/lib/rabbitmq/bin";
constexpr const char* node_name = "atoll@localhost";

// Starts epmd, then RabbitMQ, and ends epmd after it, however RabbitMQ ends. Both are told to end
// when this shell is.
constexpr const char* run_script = R"(
"$1" -port "$ERL_EPMD_PORT" -address 127.0.0.1 &
epmd=$!
server=
trap 'kill -TERM $server $epmd 2>/dev/null' TERM
until "$1" -port "$ERL_EPMD_PORT" -names >/dev/null 2>&1; do
  kill -0 $epmd 2>/dev/null || exit 1
  sleep 0.05
done
trap '[ -z "$server" ] || kill -TERM $server' TERM
"$2/rabbitmq-server" &
server=$!
wait $server
status=$?
while kill -0 $server 2>/dev/null; do
  wait $server
  status=$?
done
kill -TERM $epmd
wait $epmd
exit $status
)";

Result<void> write_file(const fs::path& file, const std::string& text) {
    std::ofstream out{file};
    out << text;
    out.close();
    if (out) return {};
    return Error{Errc::unavailable, file.string() + ": can't be written"};
}

Result<void> make_rabbitmq_folder(const fs::path& folder, std::uint16_t management_port) {
    std::error_code failed;
    fs::create_directories(folder, failed);
    if (failed) return Error{Errc::unavailable, folder.string() + ": " + failed.message()};
    if (auto made = write_file(folder / "enabled_plugins", "[rabbitmq_management].\n"); !made) {
        return made;
    }
    return write_file(folder / "rabbitmq.conf",
                      "log.console = true\n"
                      "log.console.level = info\n"
                      "log.file = false\n"
                      "management.tcp.ip = 127.0.0.1\n"
                      "management.tcp.port = " +
                          std::to_string(management_port) + '\n');
}

Variables environment(const fs::path& folder, const RabbitmqOptions& options) {
    return {{"HOME", folder.string()},
            {"LANG", "C.UTF-8"},
            {"ERL_EPMD_PORT", std::to_string(options.epmd_port)},
            {"ERL_EPMD_ADDRESS", "127.0.0.1"},
            {"RABBITMQ_NODENAME", node_name},
            {"RABBITMQ_NODE_IP_ADDRESS", "127.0.0.1"},
            {"RABBITMQ_NODE_PORT", std::to_string(options.port)},
            {"RABBITMQ_DIST_PORT", std::to_string(options.distribution_port)},
            {"RABBITMQ_MNESIA_BASE", (folder / "data").string()},
            {"RABBITMQ_LOG_BASE", (folder / "logs").string()},
            {"RABBITMQ_CONFIG_FILE", (folder / "rabbitmq.conf").string()},
            {"RABBITMQ_ENABLED_PLUGINS_FILE", (folder / "enabled_plugins").string()},
            // The script becomes the server instead of waiting for it.
            {"RUNNING_UNDER_SYSTEMD", "1"}};
}

// In single quotes, where the shell would read something into it.
std::string for_shell(const std::string& text) {
    constexpr std::string_view plain =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-@:";
    if (text.find_first_not_of(plain) == std::string::npos) return text;
    std::string quoted = "'";
    for (const char c : text)
        quoted += c == '\'' ? "'\\''" : std::string{c};
    return quoted + '\'';
}

}  // namespace

Result<BackingService> rabbitmq_service(const RabbitmqOptions& options) {
    const auto epmd = find_program("epmd");
    if (!epmd || !fs::exists(fs::path{programs} / "rabbitmq-server")) {
        return Error{Errc::unavailable,
                     "RabbitMQ is not installed in /usr/lib/rabbitmq/bin: apt-get install "
                     "rabbitmq-server (on Debian; or tools/install full)"};
    }
    BackingService service;
    service.member.name = "rabbitmq";
    service.member.tier = Tier::backing;
    service.port = options.port;
    const fs::path folder = fs::absolute(fs::path{options.data} / "rabbitmq");
    service.folder = folder.string();
    service.make_folder = [folder, port = options.management_port] {
        return make_rabbitmq_folder(folder, port);
    };
    service.member.command.environment = environment(folder, options);
    service.member.command.arguments = {"sh", "-c", run_script, "sh", *epmd, programs};
    service.member.ready_mark = "Server startup complete";
    service.variables = {
        {"RABBITMQ_URL", "amqp://guest:guest@127.0.0.1:" + std::to_string(options.port) + "/"}};
    service.show_command = "HOME=" + for_shell(folder.string()) +
                           " ERL_EPMD_PORT=" + std::to_string(options.epmd_port) + ' ' + programs +
                           "/rabbitmqctl -n " + node_name + " list_queues";
    service.page =
        "http://127.0.0.1:" + std::to_string(options.management_port) + " (guest, guest)";
    return service;
}

}  // namespace reef::fleet
