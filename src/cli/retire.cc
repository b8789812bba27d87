#include <iostream>
#include <memory>

#include "base/text/json.hpp"
#include "cli/app_arguments.hpp"
#include "cli/commands.hpp"
#include "cli/http.hpp"
#include "model/vector.hpp"

namespace reef::cli {

namespace {

struct Arguments {
    AppArguments app;
    std::string life;
    std::string node;
};

// The node itself, if it is in the app, since it knows which of its lives goes on. Lives of another
// one are retired by the app's first node.
const config::Node* node_to_ask(const config::App& app, std::string_view of) {
    for (const config::Node& node : app.nodes) {
        if (!node.foreign && node.name == of) return &node;
    }
    for (const config::Node& node : app.nodes) {
        if (!node.foreign) return &node;
    }
    return nullptr;
}

Result<Json> ask_to_retire(const config::App& app, const config::Node& node,
                           const std::string& what) {
    HttpRequest request{.url = node.url, .default_path = "/_atoll/retire"};
    request.body = "{\"what\":";
    append_json_string(request.body, what);
    request.body += '}';
    request.peer_secret = app.peer_secret();
    request.timeout_ms = 10'000;  // it hears what the others say of it
    return ask_node(request);
}

int retire(const Arguments& arguments) {
    if (arguments.life.empty() == arguments.node.empty()) {
        std::cerr << "atoll: name a life (us.k3f9ab), or a node with --node\n";
        return bad_usage;
    }
    const auto app = load_app(arguments.app, {.node = "", .whole_app = true});
    if (!app) return bad_usage;
    const std::string what = arguments.life.empty() ? arguments.node : arguments.life;
    const std::string of{arguments.life.empty() ? arguments.node : model::node_of(arguments.life)};
    const config::Node* node = node_to_ask(*app, of);
    if (!node) return bad_usage;
    const auto said = ask_to_retire(*app, *node, what);
    const Json* lives = said ? said->find("lives") : nullptr;
    if (!lives) {
        std::cerr << "atoll: " << node->name << ": "
                  << (said ? "its answer is none" : said.error().what) << '\n';
        return failed;
    }
    bool all = true;
    for (const Json& life : lives->items) {
        const bool retired = true_at(life, "retired");
        all = all && retired;
        std::cout << text_at(life, "origin")
                  << (retired ? "  retired" : "  waits: " + text_at(life, "why")) << '\n';
    }
    return all ? ok : unhealthy;
}

}  // namespace

Command retire_command() {
    const auto arguments = std::make_shared<Arguments>();
    return {.name = "retire",
            .help = "forget lives of stores that ended (exit status 3: a node is waited for)",
            .options =
                app_options(arguments->app, {{"LIFE", &arguments->life, "one of them: us.k3f9ab"},
                                             {"--node", &arguments->node, "all of this node"}}),
            .examples =
                "Examples:\n"
                "  atoll retire apps/property-listing.toml --node us\n"
                "  atoll retire apps/property-listing.toml us.k3f9ab",
            .run = [arguments] { return retire(*arguments); }};
}

}  // namespace reef::cli
