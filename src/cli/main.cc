#include <iostream>

#include "cli/commands.hpp"

int main(int argc, char** argv) {
    using namespace reef;
    CLI::App program{
        "Atoll serves records over HTTP from several regions at once, each on its own database."};
    program.name("atoll");
    program.require_subcommand(1);
    program.set_version_flag("--version", "atoll " ATOLL_VERSION);
    program.footer(
        "Examples:\n"
        "  atoll check apps/property-listing.toml\n"
        "  atoll up apps/property-listing.toml\n"
        "  atoll serve apps/property-listing.toml --node us\n"
        "  atoll serve apps/logistics.toml --node A --listen 127.0.0.1:9000\n"
        "  atoll openapi apps/property-listing.toml > openapi.json\n"
        "  atoll gateway-config apps/property-listing.toml > nginx.conf\n"
        "  atoll health http://127.0.0.1:8101\n"
        "Exit status: 0 ok, 1 failed, 2 usage or configuration, 3 unhealthy.");
    cli::Run run;
    cli::add_up(program, run);
    cli::add_fleet_commands(program, run);
    cli::add_status(program, run);
    cli::add_verify(program, run);
    cli::add_conflicts(program, run);
    cli::add_dead_letters(program, run);
    cli::add_serve(program, run);
    cli::add_check(program, run);
    cli::add_seed(program, run);
    cli::add_openapi(program, run);
    cli::add_gateway_config(program, run);
    cli::add_health(program, run);
    try {
        program.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return program.exit(error) == 0 ? cli::ok : cli::bad_usage;
    }
    try {
        return run();
    } catch (const std::exception& error) {
        std::cerr << "atoll: " << error.what() << '\n';
        return cli::failed;
    }
}
