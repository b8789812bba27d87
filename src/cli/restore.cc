#include <iostream>
#include <memory>

#include "cli/app_arguments.hpp"
#include "cli/commands.hpp"
#include "node/backup.hpp"

namespace reef::cli {

namespace {

struct Arguments {
    AppArguments app;
    std::string node;
    std::string data;
    std::string file;
    bool force = false;
    bool alone = false;
};

// "eu and asia": the nodes that have received what this one wrote.
std::string others_of(const config::App& app, const config::Node& node) {
    std::vector<std::string> names;
    for (const config::Node& other : app.nodes) {
        if (!other.foreign && other.name != node.name) names.push_back(other.name);
    }
    std::string text;
    for (std::size_t i = 0; i < names.size(); ++i) {
        const char* before = i == 0 ? "" : i + 1 == names.size() ? " and " : ", ";
        text += before + names[i];
    }
    return text;
}

std::string what_happens_next(const config::App& app, const config::Node& node,
                              const Arguments& arguments) {
    const std::string others = others_of(app, node);
    if (others.empty()) {
        return "There is no other node that could have what " + node.name +
               " wrote after the copy was taken.";
    }
    if (arguments.alone) {
        return node.name + " goes on without " + others +
               " if it hears nothing from there. What it wrote before and only " + others +
               " has comes back when they hear each other.";
    }
    return "When it starts, " + node.name + " takes the writes it lacks from " + others +
           " before it serves.";
}

int restore(const Arguments& arguments) {
    const auto app = load_app(arguments.app, {.node = arguments.node, .whole_app = false});
    if (!app) return bad_usage;
    const config::Node* node = choose_node(*app, arguments.node);
    if (!node) return bad_usage;
    if (arguments.file.empty() && !arguments.alone) {
        std::cerr << "atoll: say which copy to put back: atoll restore APP FILE --node "
                  << node->name << '\n';
        return bad_usage;
    }
    const std::string data = data_folder(*app, arguments.data);
    if (!arguments.file.empty()) {
        const auto restored = node::restore(*app, *node, data, arguments.file, !arguments.force);
        if (!restored) {
            std::cerr << "atoll: " << restored.error().what << '\n';
            return failed;
        }
        std::cout << node->name << "  " << restored->contents.records << " records, up to "
                  << model::to_text(restored->contents.position) << '\n';
        if (!restored->kept_as.empty())
            std::cout << "What was there before is in " << restored->kept_as << ".\n";
    }
    if (arguments.alone) {
        if (const auto told = node::let_go_on_alone(*node, data); !told) {
            std::cerr << "atoll: " << told.error().what << '\n';
            return failed;
        }
    }
    std::cout << what_happens_next(*app, *node, arguments) << '\n';
    return ok;
}

}  // namespace

Command restore_command() {
    const auto arguments = std::make_shared<Arguments>();
    const std::vector<Option> own{
        {"FILE", &arguments->file, "what `atoll backup` wrote"},
        {"--node", &arguments->node, "whose store (default: the environment)"},
        data_option(arguments->data),
        {"--force", &arguments->force, "do not keep what is there now"},
        {"--alone", &arguments->alone,
         "the node may serve though no other one can be asked; without FILE: the store stays"}};
    return {.name = "restore",
            .help = "put a copy of a node's store back, while the node is stopped",
            .options = app_options(arguments->app, own),
            .examples =
                "Examples:\n"
                "  atoll stop apps/property-listing.toml us\n"
                "  atoll restore apps/property-listing.toml --node us us.backup\n"
                "  atoll start apps/property-listing.toml us\n"
                "  atoll restore apps/property-listing.toml --node us --alone\n"
                "What is there now is kept beside it. The node takes later writes of its own from "
                "the other nodes before it serves; it waits for them, unless --alone says that it "
                "need not.",
            .run = [arguments] { return restore(*arguments); }};
}

}  // namespace reef::cli
