#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
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
    bool json = false;
    bool watch = false;
};

struct NodeStatus {
    std::string node;
    std::string json;  // what it says, or ""
    Json said;
    std::string trouble;
};

std::vector<NodeStatus> ask_all(const config::App& app) {
    std::vector<NodeStatus> all;
    for (const config::Node& node : app.nodes) {
        if (node.foreign) continue;
        NodeStatus status;
        status.node = node.name;
        HttpRequest request{.url = node.url, .default_path = "/_atoll/status"};
        request.peer_secret = app.peer_secret;
        const auto answer = ask(request);
        auto said = answer && answer->status == 200 ? parse_json(answer->body)
                                                    : Result<Json>{Error{}};
        if (said) {
            status.json = answer->body;
            status.said = std::move(*said);
        } else {
            status.trouble =
                answer ? "it answered " + std::to_string(answer->status) : answer.error().what;
        }
        all.push_back(std::move(status));
    }
    return all;
}

bool has_trouble(const Json& peer, std::string_view what) {
    const Json* troubles = peer.find("trouble");
    return troubles && std::any_of(troubles->items.begin(), troubles->items.end(),
                                   [what](const Json& trouble) { return trouble.text == what; });
}

std::string state_of(const Json& peer) {
    if (has_trouble(peer, "fork")) return "fork";
    if (has_trouble(peer, "clock_ahead")) return "clock";
    if (has_trouble(peer, "other_rows")) return "other rows";
    if (true_at(peer, "connected")) return "ok";
    if (true_at(peer, "cut")) return "cut off";
    return has_trouble(peer, "needs_snapshot") ? "snapshot" : "away";
}

double number_at(const Json& json, std::string_view name) {
    return std::strtod(text_at(json, name).c_str(), nullptr);
}

// As exact as people read it: 0.002 s, 4.1 s, 41 s.
std::string in_seconds(double seconds) {
    char text[32];
    std::snprintf(text, sizeof text, "%.*f s", seconds < 1 ? 3 : seconds < 10 ? 1 : 0, seconds);
    return text;
}

// Of a process that publishes or reads: where several share a node's store, one of them does.
void print_broker(const NodeStatus& status) {
    const Json* broker = status.said.find("broker");
    if (!broker || !true_at(status.said, "leads")) return;
    const auto line = [](const std::string& link, const char* state, const std::string& pending) {
        std::printf("  %-14s %-8s %9s %8s\n", link.c_str(), state, "", pending.c_str());
    };
    // Who has had nothing to publish yet can't tell whether the broker would take it.
    const std::string waiting = text_at(*broker, "unpublished");
    const bool publishes = true_at(*broker, "publishing");
    line(status.node + " → broker", publishes ? "ok" : waiting == "0" ? "idle" : "away", waiting);
    line("broker → " + status.node, true_at(*broker, "reading") ? "ok" : "away", "");
}

// Of each link what its receiving end says: only it knows what it lacks.
void print_table(const std::vector<NodeStatus>& all) {
    std::printf("  %-12s %-8s %9s %8s %10s %10s %5s  %s\n", "LINK", "STATE", "LAG", "PENDING",
                "APPLIED/s", "CONFLICTS", "DEAD", "LAST HEARD");
    for (const NodeStatus& status : all) {
        if (status.json.empty()) {
            std::printf("  %-12s %-8s %s\n", ("→ " + status.node).c_str(), "down",
                        status.trouble.c_str());
            continue;
        }
        const Json* lag = status.said.find("lag");
        const Json* peers = lag ? lag->find("peers") : nullptr;
        if (!peers) continue;
        for (const Json& peer : peers->items) {
            const std::string link = text_at(peer, "name") + " → " + status.node;
            std::printf("  %-14s %-8s %9s %8s %10.1f %10s %5s  %s ago\n", link.c_str(),
                        state_of(peer).c_str(), in_seconds(number_at(peer, "lag_seconds")).c_str(),
                        text_at(peer, "pending").c_str(), number_at(peer, "applied_per_second"),
                        text_at(status.said, "conflicts").c_str(),
                        text_at(status.said, "dead").c_str(),
                        in_seconds(number_at(peer, "last_contact_seconds")).c_str());
        }
    }
    for (const NodeStatus& status : all) {
        if (!status.json.empty()) print_broker(status);
    }
}

void print_json(const std::vector<NodeStatus>& all) {
    std::string json = "{\"nodes\":[";
    for (const NodeStatus& status : all) {
        if (json.back() != '[') json += ',';
        if (!status.json.empty()) {
            json += status.json;
            continue;
        }
        json += "{\"node\":";
        append_json_string(json, status.node);
        json += ",\"trouble\":";
        append_json_string(json, status.trouble);
        json += '}';
    }
    std::cout << json << "]}\n" << std::flush;
}

bool all_level(const std::vector<NodeStatus>& all) {
    return std::all_of(all.begin(), all.end(), [](const NodeStatus& status) {
        const Json* lag = status.said.find("lag");
        const Json* peers = lag ? lag->find("peers") : nullptr;
        return peers && std::all_of(peers->items.begin(), peers->items.end(),
                                    [](const Json& peer) { return true_at(peer, "connected"); });
    });
}

int status(const Arguments& arguments) {
    const auto app = load_app(arguments.app, {.node = "", .whole_app = true});
    if (!app) return bad_usage;
    for (;;) {
        const std::vector<NodeStatus> all = ask_all(*app);
        if (arguments.watch && isatty(STDOUT_FILENO)) std::cout << "\033[H\033[J";
        if (arguments.json) {
            print_json(all);
        } else {
            print_table(all);
            std::fflush(stdout);
        }
        if (!arguments.watch) return all_level(all) ? ok : unhealthy;
        sleep(1);
    }
}

}  // namespace

Command status_command() {
    const auto arguments = std::make_shared<Arguments>();
    return {.name = "status",
            .help = "how far each node is behind each other (exit status 3: one is not reached)",
            .options = app_options(
                arguments->app,
                {{"--json", &arguments->json, "what the nodes say, as one JSON document"},
                 {"--watch", &arguments->watch, "again each second"}}),
            .examples = "Example:\n  atoll status apps/property-listing.toml --watch",
            .run = [arguments] { return status(*arguments); }};
}

}  // namespace reef::cli
