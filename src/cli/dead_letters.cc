#include <iostream>
#include <memory>

#include "base/text/json.hpp"
#include "cli/app_arguments.hpp"
#include "cli/commands.hpp"
#include "cli/http.hpp"

namespace reef::cli {

namespace {

struct Arguments {
    AppArguments app;
    std::string node;
    std::string id;
    std::string waive;
    bool json = false;
};

constexpr const char* root = "/_atoll/dead-letters";

Result<Json> ask_of_letters(const config::App& app, const config::Node& node, std::string path,
                            std::string body) {
    HttpRequest request{.url = node.url, .default_path = std::move(path), .body = std::move(body)};
    request.peer_secret = app.peer_secret();
    request.timeout_ms = 10'000;  // the node may have to ask its peers for the record
    return ask_node(request);
}

void print(const Json& json) {
    std::string text;
    append_json(text, json);
    std::cout << text << '\n';
}

void print(const std::string& node, const Json& letter, bool as_json) {
    if (as_json) return print(letter);
    const Json* resource = letter.find("resource");
    std::cout << node << '/' << letter.find("id")->text << "  " << letter.find("at")->text << "  "
              << letter.find("source")->text << ':' << letter.find("seq")->text << "  "
              << (resource ? resource->text + '/' + letter.find("key")->text : "?") << "  "
              << letter.find("reason")->text << '\n';
}

// Prints the dead letters of one node, piece by piece.
Result<void> list_of(const config::App& app, const config::Node& node, bool as_json) {
    std::string after = "0";
    for (;;) {
        const auto said = ask_of_letters(app, node, std::string{root} + "?after=" + after, "");
        if (!said) return said.error();
        for (const Json& letter : said->find("items")->items)
            print(node.name, letter, as_json);
        const Json* next = said->find("next");
        if (!next) return {};
        after = next->text;
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

// Shows, replays or discards the dead letter that an id such as "eu/3" names.
int act_on_one(const Arguments& arguments, const std::string& verb) {
    const auto app = load_app(arguments.app, {.node = "", .whole_app = true});
    if (!app) return bad_usage;
    const auto id = parse_listed_id(*app, arguments.id);
    if (!id) {
        std::cerr << "atoll: " << arguments.id
                  << " is no dead letter such as `list` prints: " << app->nodes.front().name
                  << "/1\n";
        return bad_usage;
    }
    std::string path = std::string{root} + '/' + id->number;
    std::string body;
    if (verb != "show") {
        path += '/' + verb;
        body = "{}";
    }
    if (!arguments.waive.empty()) {
        body = "{\"waive\":";
        append_json_string(body, arguments.waive);
        body += '}';
    }
    const auto answer = ask_of_letters(*app, *id->node, path, body);
    if (!answer) {
        std::cerr << "atoll: " << id->node->name << ": " << answer.error().what << '\n';
        return failed;
    }
    print(*answer);
    return ok;
}

Command list_command() {
    const auto arguments = std::make_shared<Arguments>();
    return {.name = "list",
            .help = "one line for each, with the reason",
            .options = app_options(arguments->app,
                                   {{"--node", &arguments->node, "only this node's"},
                                    {"--json", &arguments->json, "one JSON document for each"}}),
            .run = [arguments] { return list(*arguments); }};
}

Command command_about_one(const std::string& verb, const char* help) {
    const auto arguments = std::make_shared<Arguments>();
    Command command{.name = verb,
                    .help = help,
                    .options = app_options(arguments->app, {{"ID", &arguments->id,
                                                             "as `list` prints it: eu/1", true}}),
                    .run = [arguments, verb] { return act_on_one(*arguments, verb); }};
    if (verb == "discard") {
        command.options.push_back(
            {"--waive", &arguments->waive,
             "give it up, for this reason: the record stays as it is here, and differs"});
    }
    return command;
}

}  // namespace

Command dead_letters_command() {
    return {
        .name = "dead-letters",
        .help = "changes of other nodes that a node's database refused",
        .examples =
            "Examples:\n"
            "  atoll dead-letters list apps/property-listing.toml\n"
            "  atoll dead-letters replay apps/property-listing.toml eu/1\n"
            "  atoll dead-letters discard apps/property-listing.toml eu/1\n"
            "  atoll dead-letters discard apps/property-listing.toml eu/1 --waive \"wrong price\"",
        .commands = {
            list_command(), command_about_one("show", "one with the change that it holds"),
            command_about_one("replay", "try again: this one and all others of its record"),
            command_about_one("discard", "take the record from a peer instead, or give it up")}};
}

}  // namespace reef::cli
