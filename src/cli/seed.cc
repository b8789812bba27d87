#include <iostream>
#include <memory>

#include "base/log.hpp"
#include "cli/app_arguments.hpp"
#include "cli/commands.hpp"
#include "cli/log_options.hpp"
#include "node/node.hpp"

namespace reef::cli {

namespace {

struct Arguments {
    AppArguments app;
    std::string node;
    std::string data;
    bool fresh = false;
    LogArguments log;
};

int seed(const Arguments& arguments) {
    const auto app = load_app(arguments.app, {.node = arguments.node, .whole_app = false});
    if (!app) return bad_usage;
    std::vector<const config::Node*> nodes;
    if (arguments.node.empty() && app->default_node.empty()) {
        for (const config::Node& node : app->nodes) {
            if (!node.foreign) nodes.push_back(&node);
        }
    } else {
        const config::Node* node = choose_node(*app, arguments.node);
        if (!node) return bad_usage;
        nodes.push_back(node);
    }
    set_up_log(arguments.log, "seed");
    for (const config::Node* node : nodes) {
        node::NodeOptions options;
        options.name = node->name;
        options.data = data_folder(*app, arguments.data);
        options.fresh = arguments.fresh;
        options.serve = false;
        const auto started = node::start_node(*app, options);
        if (!started) {
            std::cerr << "atoll: " << node->name << ": " << started.error().what << '\n';
            return failed;
        }
        std::cout << node->name << "  " << (*started)->records() << " records\n";
    }
    return ok;
}

}  // namespace

Command seed_command() {
    const auto arguments = std::make_shared<Arguments>();
    const std::vector<Option> own{{"--node", &arguments->node, "only this node (default: all)"},
                                  data_option(arguments->data),
                                  {"--fresh", &arguments->fresh, "throw the data away first"}};
    return {.name = "seed",
            .help = "load the app's seed rows into stores that are empty",
            .options = app_options(arguments->app, with_log_options(arguments->log, own)),
            .examples =
                "Example:\n  atoll seed apps/property-listing.toml --fresh\n"
                "A store that holds anything is left as it is.",
            .run = [arguments] { return seed(*arguments); }};
}

}  // namespace reef::cli
