#include <algorithm>
#include <charconv>
#include <iostream>
#include <memory>

#include "base/text/json_object.hpp"
#include "cli/app_arguments.hpp"
#include "cli/commands.hpp"
#include "cli/conflict_report.hpp"
#include "cli/http.hpp"
#include "cli/list_query.hpp"
#include "cli/shell.hpp"

namespace reef::cli {

namespace {

constexpr const char* path = "/_atoll/conflicts";
constexpr std::size_t id_digits = 20;

struct Arguments {
    AppArguments app;
    std::string node, id, kind, resource, since, keep;
    bool all = false;
    bool json = false;
};

Result<Json> ask_of_conflicts(const config::App& app, const config::Node& node, std::string what,
                              std::string body = {}) {
    HttpRequest request{
        .url = node.url, .default_path = path + std::move(what), .body = std::move(body)};
    request.peer_secret = app.peer_secret();
    return ask_node(request);
}

std::string query_of(const Arguments& arguments) {
    return list_query({{"kind", arguments.kind},
                       {"resource", arguments.resource},
                       {"since", begin_of(arguments.since)}});
}

// All that the node lists, page by page. Settled ones too: another node may not know it yet.
Result<void> collect(const config::App& app, const config::Node& node, const std::string& query,
                     ConflictReports& reports) {
    for (std::string after = "0"; !after.empty();) {
        auto page = ask_of_conflicts(app, node, query + "&after=" + after);
        if (!page) return page.error();
        after = text_at(*page, "next");
        for (auto& [name, value] : page->members) {
            if (name != "items") continue;
            for (Json& item : value.items)
                reports.add(node.name, std::move(item));
        }
    }
    return {};
}

int list(const Arguments& arguments) {
    const auto app = load_app(arguments.app, {.node = "", .whole_app = true});
    if (!app || !is_known_node(*app, arguments.node)) return bad_usage;
    ConflictReports reports;
    int status = ok;
    for (const config::Node& node : app->nodes) {
        if (node.foreign || (!arguments.node.empty() && arguments.node != node.name)) continue;
        const auto listed = collect(*app, node, query_of(arguments), reports);
        if (listed) continue;
        std::cerr << "atoll: " << node.name << ": " << listed.error().what << '\n';
        if (listed.error().code == Errc::invalid) return bad_usage;
        status = unhealthy;
    }
    for (const ConflictReport* report : reports.in_order()) {
        if (!arguments.all && !report->settled.empty()) continue;
        std::cout << (arguments.json ? conflict_json(*report) : conflict_line(*report));
    }
    return status;
}

// Of "eu/3", as the node eu numbers it, the id that all nodes know. "": there is none.
Result<std::string> id_of(const config::App& app, const std::string& text) {
    const bool whole =
        text.size() == id_digits && text.find_first_not_of("0123456789abcdef") == std::string::npos;
    if (whole) return text;
    const auto listed = parse_listed_id(app, text);
    if (!listed || listed->number == "0") return std::string{};
    std::uint64_t number = 0;
    const char* end = listed->number.data() + listed->number.size();
    if (std::from_chars(listed->number.data(), end, number).ptr != end) return std::string{};
    auto page =
        ask_of_conflicts(app, *listed->node, "?limit=1&after=" + std::to_string(number - 1));
    if (!page) return Error{page.error().code, listed->node->name + ": " + page.error().what};
    const Json* items = page->find("items");
    if (!items || items->items.empty()) return std::string{};
    const Json& item = items->items.front();
    return text_at(item, "number") == listed->number ? text_at(item, "id") : std::string{};
}

struct Found {
    std::string id;
    ConflictReports reports;
    const config::Node* node = nullptr;  // one that lists it; best one for which it is open
};

// The exit status, and the conflict where that is `ok`.
int look_for(const config::App& app, const std::string& text, Found& found) {
    const auto id = id_of(app, text);
    if (!id) {
        std::cerr << "atoll: " << id.error().what << '\n';
        return unhealthy;
    }
    bool reached = true;
    for (const config::Node& node : app.nodes) {
        if (node.foreign || id->empty()) continue;
        auto said = ask_of_conflicts(app, node, '/' + *id);
        if (said) {
            if (!found.node || text_at(*said, "settled").empty()) found.node = &node;
            found.reports.add(node.name, std::move(*said));
        } else if (said.error().code != Errc::not_found) {
            std::cerr << "atoll: " << node.name << ": " << said.error().what << '\n';
            reached = false;
        }
    }
    found.id = *id;
    return found.node ? ok : reached ? failed : unhealthy;
}

int tell_none(const Arguments& arguments, int status) {
    if (status != failed) return status;
    std::cerr << "atoll: there is no conflict " << arguments.id << "; `"
              << shell_line({"atoll", "conflicts", "list", arguments.app.file})
              << "` shows those that there are\n";
    return failed;
}

int show(const Arguments& arguments) {
    const auto app = load_app(arguments.app, {.node = "", .whole_app = true});
    if (!app) return bad_usage;
    Found found;
    const int status = look_for(*app, arguments.id, found);
    if (status != ok) return tell_none(arguments, status);
    const ConflictReport& report = *found.reports.find(found.id);
    std::cout << (arguments.json ? conflict_json(report) : conflict_text(report));
    return ok;
}

int resolve(const Arguments& arguments) {
    const auto app = load_app(arguments.app, {.node = "", .whole_app = true});
    if (!app) return bad_usage;
    Found found;
    const int status = look_for(*app, arguments.id, found);
    if (status != ok) return tell_none(arguments, status);
    std::string by = found.reports.find(found.id)->settled;
    const bool before = !by.empty();
    if (!before) {
        const auto done = ask_of_conflicts(*app, *found.node, '/' + found.id + "/resolve",
                                           "{\"keep\":" + json_text(arguments.keep) + '}');
        if (!done) {
            std::cerr << "atoll: " << found.node->name << ": " << done.error().what << '\n';
            return failed;
        }
        by = text_at(*done, "settled");
    }
    if (arguments.json) {
        JsonObject said;
        said.put_text("id", found.id).put_text("settled", by);
        std::cout << said.put("before", before ? "true" : "false").json() << '\n';
    } else {
        std::cout << (before ? "it was settled before, by " : "settled by ") << by << '\n';
    }
    return ok;
}

Command list_command() {
    const auto arguments = std::make_shared<Arguments>();
    return {.name = "list",
            .help = "one line for each, of all nodes together",
            .options = app_options(
                arguments->app,
                {{"--node", &arguments->node, "only those that this node lists"},
                 {"--kind", &arguments->kind,
                  "only of this kind: fields, life, twin, copies, sql, in_stead, waived, unique, "
                  "dangling, "
                  "counter"},
                 {"--resource", &arguments->resource, "only of this resource's records"},
                 {"--since", &arguments->since, "only those found since then: 2h, 7d, or a time"},
                 {"--all", &arguments->all, "those that are settled, too"},
                 {"--json", &arguments->json, "one JSON document for each"}}),
            .run = [arguments] { return list(*arguments); }};
}

Command show_command() {
    const auto arguments = std::make_shared<Arguments>();
    return {.name = "show",
            .help = "what was kept and what was lost, who wrote it, and when",
            .options =
                app_options(arguments->app, {{"ID", &arguments->id, "as `list` prints it", true},
                                             {"--json", &arguments->json, "as a JSON document"}}),
            .run = [arguments] { return show(*arguments); }};
}

Command resolve_command() {
    const auto arguments = std::make_shared<Arguments>();
    return {.name = "resolve",
            .help = "settle one, by a write that has seen both sides",
            .options = app_options(arguments->app,
                                   {{"ID", &arguments->id, "as `list` prints it", true},
                                    {.name = "--keep",
                                     .value = &arguments->keep,
                                     .help = "leave the record as it is, or write what was lost",
                                     .required = true,
                                     .choices = {"kept", "lost"}},
                                    {"--json", &arguments->json, "as a JSON document"}}),
            .run = [arguments] { return resolve(*arguments); }};
}

}  // namespace

Command conflicts_command() {
    return {.name = "conflicts",
            .help = "writes that lost against others which they had not seen",
            .examples =
                "Examples:\n"
                "  atoll conflicts list apps/property-listing.toml\n"
                "  atoll conflicts list apps/property-listing.toml --kind fields --since 2h\n"
                "  atoll conflicts show apps/property-listing.toml 6f1e0c8a41b29d57e3a0\n"
                "  atoll conflicts resolve apps/property-listing.toml 6f1e0c8a41b29d57e3a0 "
                "--keep lost",
            .commands = {list_command(), show_command(), resolve_command()}};
}

}  // namespace reef::cli
