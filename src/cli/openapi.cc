#include "api/openapi.hpp"

#include <iostream>
#include <memory>

#include "cli/app_arguments.hpp"
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

Command openapi_command() {
    const auto arguments = std::make_shared<AppArguments>();
    return {.name = "openapi",
            .help = "print the app's OpenAPI document",
            .options = app_options(*arguments),
            .examples = "Example:\n  atoll openapi apps/property-listing.toml > openapi.json",
            .run = [arguments] { return openapi(*arguments); }};
}

}  // namespace reef::cli
