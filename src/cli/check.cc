#include <iostream>
#include <memory>

#include "cli/app_arguments.hpp"
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

Command check_command() {
    const auto arguments = std::make_shared<AppArguments>();
    return {.name = "check",
            .help = "say everything that is wrong with an app file",
            .options = app_options(*arguments),
            .examples = "Example:\n  atoll check apps/property-listing.toml",
            .run = [arguments] { return check(*arguments); }};
}

}  // namespace reef::cli
