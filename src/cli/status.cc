#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <memory>

#include "base/text/json.hpp"
#include "cli/app_arguments.hpp"
#include "cli/commands.hpp"
#include "cli/http.hpp"
#include "cli/table.hpp"
#include "model/vector.hpp"

namespace reef::cli {

namespace {

struct Arguments {
    AppArguments app;
    bool json = false;
    bool watch = false;
};

struct NodeStatus {
    std::string node;
    std::string json;  // its answer; "" if it gave none, or another than its status
    Json said;         // the same, parsed
    bool answered = false;
    std::string trouble;  // why `json` is empty
};

std::vector<NodeStatus> ask_all(const config::App& app) {
    std::vector<NodeStatus> all;
    for (const config::Node& node : app.nodes) {
        if (node.foreign) continue;
        NodeStatus status;
        status.node = node.name;
        HttpRequest request{.url = node.url, .default_path = "/_atoll/status"};
        request.peer_secret = app.peer_secret();
        const auto answer = ask(request);
        status.answered = answer.has_value();
        auto said =
            answer && answer->status == 200 ? parse_json(answer->body) : Result<Json>{Error{}};
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
    if (has_trouble(peer, "too_many_lives")) return "lives";
    if (has_trouble(peer, "other_run")) return "refused";
    if (has_trouble(peer, "clock_ahead")) return "clock";
    if (has_trouble(peer, "other_rows")) return "other rows";
    if (true_at(peer, "connected")) return "ok";
    if (true_at(peer, "cut")) return "cut off";
    if (has_trouble(peer, "other_schema")) return "schema";
    return has_trouble(peer, "needs_snapshot") ? "snapshot" : "away";
}

double number_at(const Json& json, std::string_view name) {
    return std::strtod(text_at(json, name).c_str(), nullptr);
}

// With three significant digits at most: 0.002 s, 4.1 s, 41 s.
std::string in_seconds(double seconds) {
    char text[32];
    std::snprintf(text, sizeof text, "%.*f s", seconds < 1 ? 3 : seconds < 10 ? 1 : 0, seconds);
    return text;
}

// "0.21 ms", "152 ms". "?": no beat has measured it yet.
std::string round_trip_of(const Json& peer) {
    if (!peer.find("round_trip_seconds")) return "?";
    const double milliseconds = 1000 * number_at(peer, "round_trip_seconds");
    char text[32];
    std::snprintf(text, sizeof text, "%.*f ms", milliseconds < 10 ? 2 : 0, milliseconds);
    return text;
}

const std::vector<Column>& columns() {
    static const std::vector<Column> all{{"LINK", 12},
                                         {"STATE", 8},
                                         {"LAG", 9, Align::right},
                                         {"PENDING", 8, Align::right},
                                         {"APPLIED/s", 10, Align::right},
                                         {"CONFLICTS", 10, Align::right},
                                         {"DEAD", 5, Align::right},
                                         {"ROUND TRIP", 11, Align::right},
                                         {" LAST HEARD"}};
    return all;
}

const std::vector<Json>& replicas_of(const NodeStatus& node) {
    static const std::vector<Json> none;
    const Json* replicas = node.said.find("replicas");
    return replicas ? replicas->items : none;
}

// How many of the peer's changes the node lacks. The node knows the number while it is connected to
// the peer. Otherwise the peer may have made changes that the node has not heard of, so the
// positions that both report are compared. "?" if the peer did not answer.
std::string pending_of(const NodeStatus& node, const Json& peer,
                       const std::vector<NodeStatus>& all) {
    if (true_at(peer, "connected")) return text_at(peer, "pending");
    const auto sender = std::find_if(all.begin(), all.end(), [&peer](const NodeStatus& one) {
        return one.node == text_at(peer, "name");
    });
    if (sender == all.end()) return "?";
    const auto there = model::parse_position(text_at(sender->said, "applied"));
    const auto here = model::parse_position(text_at(node.said, "applied"));
    if (sender->json.empty() || !there || !here) return "?";
    std::uint64_t pending = 0;
    for (const auto& [origin, seq] : *there)
        pending += seq - std::min(seq, model::seq_in(*here, origin));
    return std::to_string(pending);
}

Line link_line(const NodeStatus& node, const Json& peer, const std::vector<NodeStatus>& all) {
    char applied[32];
    std::snprintf(applied, sizeof applied, "%.1f", number_at(peer, "applied_per_second"));
    return {text_at(peer, "name") + " → " + node.node,
            state_of(peer),
            in_seconds(number_at(peer, "lag_seconds")),
            pending_of(node, peer, all),
            applied,
            text_at(node.said, "conflicts"),
            text_at(node.said, "dead"),
            round_trip_of(peer),
            ' ' + in_seconds(number_at(peer, "last_contact_seconds")) + " ago"};
}

// The line of a link whose receiving node did not answer: only that node knows the link's state.
Line silent_line(const std::string& link, const NodeStatus& node) {
    return {link, node.answered ? "?" : "down", "?", "?", "?", "?", "?",
            "?",  " ?  " + node.trouble};
}

// Adds a line for each link to `node`, as `node` reports it: only the receiving end knows what it
// lacks.
void add_links(std::vector<Line>& lines, const NodeStatus& node,
               const std::vector<NodeStatus>& all) {
    if (node.json.empty()) {
        for (const NodeStatus& peer : all) {
            if (peer.node != node.node)
                lines.push_back(silent_line(peer.node + " → " + node.node, node));
        }
        if (all.size() == 1) lines.push_back(silent_line(node.node, node));
        return;
    }
    const Json* lag = node.said.find("lag");
    const Json* peers = lag ? lag->find("peers") : nullptr;
    for (const Json& peer : peers ? peers->items : std::vector<Json>{})
        lines.push_back(link_line(node, peer, all));
    if (peers && peers->items.empty())  // an app of one node has no links: show the node
        lines.push_back({node.node, "ok", "", "", "", text_at(node.said, "conflicts"),
                         text_at(node.said, "dead")});
}

// If several processes share a node's database, only the one that leads publishes and reads.
void add_broker(std::vector<Line>& lines, const NodeStatus& node) {
    const Json* broker = node.said.find("broker");
    if (!broker || !true_at(node.said, "leads")) return;
    // A node that has had nothing to publish does not know whether the broker would accept it.
    const std::string waiting = text_at(*broker, "unpublished");
    const bool publishes = true_at(*broker, "publishing");
    lines.push_back({node.node + " → broker",
                     publishes        ? "ok"
                     : waiting == "0" ? "idle"
                                      : "away",
                     "", waiting});
    lines.push_back({"broker → " + node.node, true_at(*broker, "reading") ? "ok" : "away"});
}

// A replica is fed by its node, which alone knows how far it is.
void add_replicas(std::vector<Line>& lines, const NodeStatus& node) {
    for (const Json& replica : replicas_of(node)) {
        const std::string state = text_at(replica, "state");
        lines.push_back({node.node + " → " + text_at(replica, "name"), state,
                         in_seconds(number_at(replica, "lag_seconds")),
                         text_at(replica, "pending")});
    }
}

// Why a peer or the broker is not connected, or what a peer's app and the node's differ by.
void print_reasons(const NodeStatus& node) {
    const Json* lag = node.said.find("lag");
    const Json* peers = lag ? lag->find("peers") : nullptr;
    for (const Json& peer : peers ? peers->items : std::vector<Json>{}) {
        const std::string& differs = text_at(peer, "differs");
        const std::string& why = differs.empty() ? text_at(peer, "reason") : differs;
        if (!why.empty())
            std::cout << text_at(peer, "name") << " → " << node.node << ": " << why << '\n';
    }
    const Json* broker = node.said.find("broker");
    if (broker && !text_at(*broker, "trouble").empty())
        std::cout << node.node << " ↔ broker: " << text_at(*broker, "trouble") << '\n';
    for (const Json& replica : replicas_of(node)) {
        const std::string name = text_at(replica, "name");
        const std::string why = text_at(replica, "trouble");
        if (!why.empty()) std::cout << node.node << " → " << name << ": " << why << '\n';
    }
}

void print_warnings(const NodeStatus& node) {
    const Json* warnings = node.said.find("warnings");
    if (!warnings) return;
    for (const Json& warning : warnings->items)
        std::cout << node.node << ": " << warning.text << '\n';
}

void print_table(const std::vector<NodeStatus>& all) {
    std::vector<Line> lines;
    for (const NodeStatus& node : all)
        add_links(lines, node, all);
    for (const NodeStatus& node : all)
        add_broker(lines, node);
    for (const NodeStatus& node : all)
        add_replicas(lines, node);
    std::cout << table_text(columns(), lines);
    for (const NodeStatus& node : all)
        print_reasons(node);
    for (const NodeStatus& node : all)
        print_warnings(node);
    for (const NodeStatus& node : all) {
        const std::string trouble = text_at(node.said, "trouble");
        if (!trouble.empty()) std::cout << node.node << " takes no requests: " << trouble << '\n';
    }
    std::cout << std::flush;
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
        if (!peers || !text_at(status.said, "trouble").empty()) return false;
        const auto& replicas = replicas_of(status);
        const bool read = std::all_of(replicas.begin(), replicas.end(), [](const Json& replica) {
            return true_at(replica, "takes_reads");
        });
        if (!read) return false;
        return std::all_of(peers->items.begin(), peers->items.end(), [](const Json& peer) {
            return true_at(peer, "connected") && !has_trouble(peer, "fork");
        });
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
        }
        if (!arguments.watch) return all_level(all) ? ok : unhealthy;
        sleep(1);
    }
}

}  // namespace

Command status_command() {
    const auto arguments = std::make_shared<Arguments>();
    return {.name = "status",
            .help =
                "how far each node is behind each other (exit status 3: one is not reached, or not "
                "sound)",
            .options = app_options(
                arguments->app,
                {{"--json", &arguments->json, "what the nodes say, as one JSON document"},
                 {"--watch", &arguments->watch, "again each second"}}),
            .examples = "Example:\n  atoll status apps/property-listing.toml --watch",
            .run = [arguments] { return status(*arguments); }};
}

}  // namespace reef::cli
