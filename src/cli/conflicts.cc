#include <iostream>
#include <memory>

#include "cli/app_arguments.hpp"
#include "cli/commands.hpp"
#include "cli/http.hpp"
#include "base/text/json.hpp"

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

Command list_command() {
    const auto arguments = std::make_shared<Arguments>();
    return {.name = "list",
            .help = "one line for each",
            .options = app_options(
                arguments->app, {{"--node", &arguments->node, "only those that this node joined"},
                                 {"--json", &arguments->json, "one JSON document for each"}}),
            .run = [arguments] { return conflicts(*arguments); }};
}

Command show_command() {
    const auto arguments = std::make_shared<Arguments>();
    return {.name = "show",
            .help = "both versions, and what came of them",
            .options = app_options(arguments->app,
                                   {{"ID", &arguments->id, "as `list` prints it: eu/1", true}}),
            .run = [arguments] { return conflicts(*arguments); }};
}

}  // namespace

Command conflicts_command() {
    return {.name = "conflicts",
            .help = "writes that were made on both sides of a cut link",
            .examples =
                "Examples:\n"
                "  atoll conflicts list apps/property-listing.toml\n"
                "  atoll conflicts show apps/property-listing.toml eu/1",
            .commands = {list_command(), show_command()}};
}

}  // namespace reef::cli
