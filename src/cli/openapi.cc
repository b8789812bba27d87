#include "api/openapi.hpp"

#include <iostream>

#include "cli/commands.hpp"

namespace reef::cli {

namespace {

int openapi(const AppArguments& arguments) {
    const auto app = load_app(arguments, {.node = "", .whole_app = true});
    if (!app) return bad_usage;
    std::cout << api::openapi_json(app->schema, app->api, api::operations_of(app->schema, app->api))
              << '\n';
    return ok;
}

}  // namespace

void add_openapi(CLI::App& program, Run& run) {
    auto arguments = std::make_shared<AppArguments>();
    CLI::App* command = program.add_subcommand("openapi", "print the app's OpenAPI document");
    add_app_arguments(*command, *arguments);
    command->footer("Example:\n  atoll openapi apps/property-listing.toml > openapi.json");
    command->callback([arguments, &run] { run = [arguments] { return openapi(*arguments); }; });
}

}  // namespace reef::cli
