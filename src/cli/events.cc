#include <iostream>
#include <memory>

#include "base/text/json.hpp"
#include "base/text/uri.hpp"
#include "cli/app_arguments.hpp"
#include "cli/commands.hpp"
#include "cli/http.hpp"
#include "cli/list_query.hpp"

namespace reef::cli {

namespace {

struct Arguments {
    AppArguments app;
    std::string node, resource, key, since, operation, server;
    int limit = 0;  // 0: all
    bool json = false;
};

std::string text_of(const Json* json) {
    std::string text;
    if (json) append_json(text, *json);
    return text;
}

// "2026-01-01T12:00:00.000000Z  A  create  warehouses/1  v1  create-warehouse-server-a  {…}"
std::string event_line(const Json& event) {
    std::string line = text_at(event, "at") + "  " + text_at(event, "server") + "  " +
                       text_at(event, "kind") + "  " + text_at(event, "resource") + '/' +
                       text_at(event, "key") + "  v" + text_at(event, "version");
    const Json* inputs = event.find("inputs");
    for (const std::string& more :
         {text_at(event, "operation"), text_of(inputs ? inputs : event.find("fields"))}) {
        if (!more.empty()) line += "  " + more;
    }
    return line;
}

Result<Json> ask_for_page(const config::App& app, const config::Node& node,
                          const std::string& query) {
    HttpRequest request{.url = node.url, .default_path = "/_atoll/events" + query};
    request.peer_secret = app.peer_secret();
    request.timeout_ms = 10'000;
    return ask_node(request);
}

// Prints the node's list page by page. Nothing is printed before an error of the first page.
Result<void> list_of(const config::App& app, const config::Node& node, const Arguments& arguments) {
    const std::string query = list_query({{"resource", arguments.resource},
                                          {"key", arguments.key},
                                          {"since", begin_of(arguments.since)},
                                          {"operation", arguments.operation},
                                          {"server", arguments.server}});
    std::string from;
    for (int printed = 0;;) {
        const auto page = ask_for_page(app, node, query + from);
        if (!page) return page.error();
        for (const Json& event : page->find("items")->items) {
            std::cout << (arguments.json ? text_of(&event) : event_line(event)) << '\n';
            if (++printed == arguments.limit) return {};
        }
        const std::string& next = text_at(*page, "next");
        if (next.empty()) return {};
        from = "&cursor=" + percent_encode(next);
    }
}

// All nodes have the same list: the first one that can be reached is asked.
int list(const Arguments& arguments) {
    const auto app = load_app(arguments.app, {.node = "", .whole_app = true});
    if (!app || !is_known_node(*app, arguments.node)) return bad_usage;
    for (const config::Node& node : app->nodes) {
        if (node.foreign || (!arguments.node.empty() && arguments.node != node.name)) continue;
        const auto listed = list_of(*app, node, arguments);
        if (listed) return ok;
        std::cerr << "atoll: " << node.name << ": " << listed.error().what << '\n';
        if (listed.error().code == Errc::invalid) return bad_usage;
        if (listed.error().code != Errc::unavailable) return failed;
    }
    return unhealthy;
}

}  // namespace

Command events_command() {
    const auto arguments = std::make_shared<Arguments>();
    return {.name = "events",
            .help = "who did what, where and when",
            .options = app_options(
                arguments->app,
                {{"--node", &arguments->node, "the node that is asked; they all list the same"},
                 {"--resource", &arguments->resource, "only of this resource's records"},
                 {"--key", &arguments->key, "only of this record"},
                 {"--since", &arguments->since, "only of writes since then: 2h, 7d, or a time"},
                 {"--operation", &arguments->operation, "only under this operation's name"},
                 {"--server", &arguments->server, "only of writes that this node made"},
                 {"--limit", &arguments->limit, "the first ones, so many"},
                 {"--json", &arguments->json, "one JSON document for each"}}),
            .examples =
                "Examples:\n"
                "  atoll events apps/logistics.toml --since 1d\n"
                "  atoll events apps/logistics.toml --resource warehouses --key 1 --json",
            .run = [arguments] { return list(*arguments); }};
}

}  // namespace reef::cli
