#include "api/asyncapi.hpp"

#include <iostream>
#include <memory>

#include "cli/app_arguments.hpp"
#include "cli/commands.hpp"
#include "config/events.hpp"

namespace reef::cli {

namespace {

int asyncapi(const AppArguments& arguments) {
    const auto app = load_app(arguments, {.node = "", .whole_app = true});
    if (!app) return bad_usage;
    std::cout << api::asyncapi_json(app->schema, app->api, config::event_channels(*app)) << '\n';
    return ok;
}

}  // namespace

Command asyncapi_command() {
    const auto arguments = std::make_shared<AppArguments>();
    return {.name = "asyncapi",
            .help = "print the app's AsyncAPI document: its messages",
            .options = app_options(*arguments),
            .examples = "Example:\n  atoll asyncapi apps/property-listing.toml > asyncapi.json",
            .run = [arguments] { return asyncapi(*arguments); }};
}

}  // namespace reef::cli
