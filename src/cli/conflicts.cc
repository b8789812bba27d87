#include <iostream>

#include "base/text/json.hpp"
#include "cli/commands.hpp"
#include "cli/http.hpp"

namespace reef::cli {

namespace {

struct Arguments {
    AppArguments app;
    std::string node;
    std::string id;
    bool json = false;
};

Result<Json> conflicts_of(const config::App& app, const config::Node& node) {
    HttpRequest request{.url = node.url, .default_path = "/_atoll/conflicts"};
    request.peer_secret = app.peer_secret;
    auto answer = ask(request);
    if (!answer) return answer.error();
    if (answer->status != 200) {
        return Error{Errc::unavailable, "it answered " + std::to_string(answer->status)};
    }
    return parse_json(answer->body);
}

void print(const std::string& node, const Json& conflict, const Arguments& arguments) {
    const std::string id = node + '/' + conflict.find("id")->text;
    const Json& detail = *conflict.find("detail");
    if (!arguments.id.empty() && arguments.id != id) return;
    if (arguments.json || !arguments.id.empty()) {
        std::string text;
        append_json(text, conflict);
        std::cout << text << '\n';
        return;
    }
    std::cout << id << "  " << conflict.find("at")->text << "  " << conflict.find("resource")->text
              << '/' << conflict.find("key")->text << "  " << conflict.find("kind")->text;
    for (const Json& field : detail.find("fields")->items)
        std::cout << ' ' << field.text;
    std::cout << '\n';
}

int conflicts(const Arguments& arguments) {
    const auto app = load_app(arguments.app, {.node = "", .whole_app = true});
    if (!app) return bad_usage;
    bool reached = true;
    for (const config::Node& node : app->nodes) {
        if (node.foreign || (!arguments.node.empty() && arguments.node != node.name)) continue;
        const auto found = conflicts_of(*app, node);
        if (!found) {
            std::cerr << "atoll: " << node.name << ": " << found.error().what << '\n';
            reached = false;
            continue;
        }
        for (const Json& conflict : found->find("items")->items) {
            print(node.name, conflict, arguments);
        }
    }
    return reached ? ok : unhealthy;
}

}  // namespace

void add_conflicts(CLI::App& program, Run& run) {
    CLI::App* command =
        program.add_subcommand("conflicts", "writes that were made on both sides of a cut link");
    command->require_subcommand(1);
    command->footer(
        "Examples:\n"
        "  atoll conflicts list apps/property-listing.toml\n"
        "  atoll conflicts show apps/property-listing.toml eu/1");
    for (const std::string verb : {"list", "show"}) {
        auto arguments = std::make_shared<Arguments>();
        CLI::App* one = command->add_subcommand(
            verb, verb == "list" ? "one line for each" : "both versions, and what came of them");
        add_app_arguments(*one, arguments->app);
        if (verb == "list") {
            one->add_option("--node", arguments->node, "only those that this node joined");
            one->add_flag("--json", arguments->json, "one JSON document for each");
        } else {
            one->add_option("ID", arguments->id, "as `list` prints it: eu/1")->required();
        }
        one->callback([arguments, &run] { run = [arguments] { return conflicts(*arguments); }; });
    }
}

}  // namespace reef::cli
