#include <iostream>

#include "cli/commands.hpp"

namespace reef::cli {

namespace {

std::string counted(std::size_t count, const std::string& one) {
    return std::to_string(count) + ' ' + one + (count == 1 ? "" : "s");
}

int check(const AppArguments& arguments) {
    const auto app = load_app(arguments, {.node = "", .whole_app = true});
    if (!app) return bad_usage;
    std::cout << arguments.file << "  ok (" << counted(app->nodes.size(), "node") << ", "
              << counted(app->schema.resources.size(), "resource") << ")\n";
    return ok;
}

}  // namespace

void add_check(CLI::App& program, Run& run) {
    auto arguments = std::make_shared<AppArguments>();
    CLI::App* command =
        program.add_subcommand("check", "say everything that is wrong with an app file");
    add_app_arguments(*command, *arguments);
    command->footer("Example:\n  atoll check apps/property-listing.toml");
    command->callback([arguments, &run] { run = [arguments] { return check(*arguments); }; });
}

}  // namespace reef::cli
