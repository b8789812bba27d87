#include "cli/command_line.hpp"
#include "cli/commands.hpp"

namespace {

// In the order in which --help lists them.
std::vector<reef::cli::Command> all_commands() {
    using namespace reef::cli;
    std::vector<Command> all = fleet_commands();
    all.insert(all.begin(), up_command());
    for (auto* make : {status_command, verify_command, conflicts_command, events_command,
                       dead_letters_command, repair_command, reset_replicas_command, backup_command,
                       restore_command, retire_command, serve_command, check_command, seed_command,
                       openapi_command, asyncapi_command, gateway_config_command, health_command})
        all.push_back(make());
    return all;
}

}  // namespace

int main(int argc, char** argv) {
    const reef::cli::Program program{
        .name = "atoll",
        .version = "atoll " ATOLL_VERSION,
        .help =
            "Atoll serves records over HTTP from several regions at once, each on its own "
            "database.",
        .examples =
            "Examples:\n"
            "  atoll check apps/property-listing.toml\n"
            "  atoll up apps/property-listing.toml\n"
            "  atoll serve apps/property-listing.toml --node us\n"
            "  atoll serve apps/logistics.toml --node A --listen 127.0.0.1:9000\n"
            "  atoll openapi apps/property-listing.toml > openapi.json\n"
            "  atoll gateway-config apps/property-listing.toml > nginx.conf\n"
            "  atoll health http://127.0.0.1:8101\n"
            "Exit status: 0 ok, 1 failed, 2 usage or configuration, 3 unhealthy.",
        .commands = all_commands()};
    return reef::cli::run_command_line(program, argc, argv);
}
