#include <cstdlib>
#include <iostream>
#include <memory>

#include "base/text/json.hpp"
#include "cli/app_arguments.hpp"
#include "cli/commands.hpp"
#include "cli/http.hpp"
#include "cli/shell.hpp"

namespace reef::cli {

namespace {

struct Arguments {
    AppArguments app;
    std::string node;
    std::string id;
    bool json = false;
};

// The node's conflicts with a higher number than this one, a thousand at most.
Result<Json> conflicts_after(const config::App& app, const config::Node& node,
                             const std::string& number) {
    HttpRequest request{.url = node.url, .default_path = "/_atoll/conflicts?after=" + number};
    request.peer_secret = app.peer_secret();
    auto answer = ask(request);
    if (!answer) return answer.error();
    if (answer->status != 200) {
        return Error{Errc::unavailable, "it answered " + std::to_string(answer->status)};
    }
    return parse_json(answer->body);
}

void print_whole(const Json& conflict) {
    std::string text;
    append_json(text, conflict);
    std::cout << text << '\n';
}

void print_line(const std::string& node, const Json& conflict) {
    std::cout << node << '/' << conflict.find("id")->text << "  " << conflict.find("at")->text
              << "  " << conflict.find("resource")->text << '/' << conflict.find("key")->text
              << "  " << conflict.find("kind")->text;
    for (const Json& field : conflict.find("detail")->find("fields")->items)
        std::cout << ' ' << field.text;
    std::cout << '\n';
}

Result<void> list_of(const config::App& app, const config::Node& node, bool as_json) {
    for (std::string number = "0";;) {
        const auto found = conflicts_after(app, node, number);
        if (!found) return found.error();
        const std::vector<Json>& items = found->find("items")->items;
        if (items.empty()) return {};
        for (const Json& conflict : items) {
            if (as_json) {
                print_whole(conflict);
            } else {
                print_line(node.name, conflict);
            }
        }
        number = items.back().find("id")->text;
    }
}

int list(const Arguments& arguments) {
    const auto app = load_app(arguments.app, {.node = "", .whole_app = true});
    if (!app || !is_known_node(*app, arguments.node)) return bad_usage;
    bool reached = true;
    for (const config::Node& node : app->nodes) {
        if (node.foreign || (!arguments.node.empty() && arguments.node != node.name)) continue;
        const auto listed = list_of(*app, node, arguments.json);
        if (listed) continue;
        std::cerr << "atoll: " << node.name << ": " << listed.error().what << '\n';
        reached = false;
    }
    return reached ? ok : unhealthy;
}

int show(const Arguments& arguments) {
    const auto app = load_app(arguments.app, {.node = "", .whole_app = true});
    if (!app) return bad_usage;
    if (const auto id = parse_listed_id(*app, arguments.id); id && id->number != "0") {
        const std::uint64_t number = std::strtoull(id->number.c_str(), nullptr, 10);
        const auto found = conflicts_after(*app, *id->node, std::to_string(number - 1));
        if (!found) {
            std::cerr << "atoll: " << id->node->name << ": " << found.error().what << '\n';
            return unhealthy;
        }
        const std::vector<Json>& items = found->find("items")->items;
        if (!items.empty() && items.front().find("id")->text == id->number) {
            print_whole(items.front());
            return ok;
        }
    }
    std::cerr << "atoll: there is no conflict " << arguments.id << "; `"
              << shell_line({"atoll", "conflicts", "list", arguments.app.file})
              << "` shows those that there are\n";
    return failed;
}

Command list_command() {
    const auto arguments = std::make_shared<Arguments>();
    return {.name = "list",
            .help = "one line for each",
            .options = app_options(
                arguments->app, {{"--node", &arguments->node, "only those that this node joined"},
                                 {"--json", &arguments->json, "one JSON document for each"}}),
            .run = [arguments] { return list(*arguments); }};
}

Command show_command() {
    const auto arguments = std::make_shared<Arguments>();
    return {.name = "show",
            .help = "both versions, and what came of them",
            .options = app_options(arguments->app,
                                   {{"ID", &arguments->id, "as `list` prints it: eu/1", true}}),
            .run = [arguments] { return show(*arguments); }};
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
