#include <algorithm>
#include <chrono>
#include <filesystem>
#include <iostream>
#include <map>
#include <memory>
#include <set>
#include <thread>

#include "base/text/json.hpp"
#include "cli/app_arguments.hpp"
#include "cli/commands.hpp"
#include "cli/http.hpp"
#include "fleet/fleet.hpp"

namespace reef::cli {

using namespace std::chrono_literals;

namespace {

constexpr auto level_timeout = 10'000ms;
constexpr auto level_poll = 20ms;
constexpr auto down_poll = 20ms;

struct Arguments {
    AppArguments app;
    std::string data;
    std::string name;
    std::string other;
    bool wipe = false;
    bool follow = false;
    bool one_way = false;
};

std::optional<config::App> load(const Arguments& arguments) {
    return load_app(arguments.app, {.node = "", .whole_app = true});
}

// True if each node that answers is connected to each other one that answers and has all of its
// changes. Nodes that do not answer are left out.
bool are_level(const config::App& app) {
    std::map<std::string, Json> lags;
    for (const config::Node& node : app.nodes) {
        if (node.foreign) continue;
        const auto answer = ask({.url = node.url, .default_path = "/replication-lag"});
        if (!answer || answer->status != 200) continue;
        auto lag = parse_json(answer->body);
        if (lag) lags.emplace(node.name, std::move(*lag));
    }
    for (const auto& [name, lag] : lags) {
        const Json* peers = lag.find("peers");
        if (!peers) return false;
        for (const Json& peer : peers->items) {
            const Json* other = peer.find("name");
            const Json* connected = peer.find("connected");
            const Json* pending = peer.find("pending");
            if (!other || !connected || !pending) return false;
            const bool level = connected->boolean && pending->text == "0";
            if (lags.contains(other->text) && !level) return false;
        }
    }
    return true;
}

// Waits until the nodes are level, so that a user who has mended a link or started a node finds the
// same records on all nodes afterwards.
bool wait_until_level(const config::App& app) {
    for (auto waited = 0ms; waited < level_timeout; waited += level_poll) {
        if (are_level(app)) return true;
        std::this_thread::sleep_for(level_poll);
    }
    std::cerr << "atoll: the nodes are not level yet, see `atoll status`\n";
    return false;
}

int send_to_fleet(const config::App& app, const Arguments& arguments, const std::string& command) {
    const auto answer = fleet::command_fleet(data_folder(app, arguments.data), command);
    if (answer) return ok;
    std::cerr << "atoll: " << app.name << ": " << answer.error().what << '\n';
    return failed;
}

int change(const Arguments& arguments, const std::string& verb) {
    const auto app = load(arguments);
    if (!app) return bad_usage;
    return send_to_fleet(*app, arguments,
                         arguments.name.empty() ? verb : verb + ' ' + arguments.name);
}

// Restarts one node after the other. Waits for each until its peers are connected to it again, so
// that the next one can hand over its last changes before it stops.
int restart(const Arguments& arguments) {
    const auto app = load(arguments);
    if (!app) return bad_usage;
    std::vector<std::string> names{arguments.name};
    if (arguments.name.empty()) {
        names.clear();
        for (const config::Node& node : app->nodes) {
            if (!node.foreign) names.push_back(node.name);
        }
        if (app->gateway) names.push_back("gateway");
    }
    for (const std::string& name : names) {
        if (const int done = send_to_fleet(*app, arguments, "restart " + name); done != ok)
            return done;
        wait_until_level(*app);
    }
    return ok;
}

int down(const Arguments& arguments) {
    const auto app = load(arguments);
    if (!app) return bad_usage;
    const std::string data = data_folder(*app, arguments.data);
    const auto stopped = fleet::command_fleet(data, "down");
    if (!stopped && !arguments.wipe) {
        std::cerr << "atoll: " << app->name << ": " << stopped.error().what << '\n';
        return failed;
    }
    while (fleet::command_fleet(data, "ping"))
        std::this_thread::sleep_for(down_poll);
    if (arguments.wipe) std::filesystem::remove_all(data);
    return ok;
}

int logs(const Arguments& arguments) {
    const auto app = load(arguments);
    if (!app) return bad_usage;
    const auto folder = std::filesystem::path{data_folder(*app, arguments.data)} / "logs";
    std::set<std::string> names;
    std::error_code none;
    for (const auto& entry : std::filesystem::directory_iterator{folder, none})
        names.insert(entry.path().stem().string());
    if (names.empty() || (!arguments.name.empty() && !names.contains(arguments.name))) {
        std::cerr << "atoll: " << folder.string() << " has no log of "
                  << (arguments.name.empty() ? app->name : arguments.name) << '\n';
        return failed;
    }
    std::vector<std::string> command{"tail", "-n", "100"};
    if (arguments.follow) command.push_back("-F");
    for (const std::string& name : names) {
        if (arguments.name.empty() || arguments.name == name)
            command.push_back((folder / (name + ".log")).string());
    }
    std::vector<char*> pointers;
    for (std::string& text : command)
        pointers.push_back(text.data());
    pointers.push_back(nullptr);
    execvp(pointers[0], pointers.data());
    return failed;
}

// With `cut`, the node `to` stops taking changes from the node `from`; without, it takes them
// again.
bool set_cut(const config::App& app, const config::Node& to, const std::string& from, bool cut) {
    HttpRequest request{.url = to.url, .default_path = "/_atoll/cut"};
    request.body = "{\"peer\":\"" + from + "\",\"cut\":" + (cut ? "true" : "false") + '}';
    request.peer_secret = app.peer_secret();
    const auto answer = ask(request);
    if (answer && answer->status == 200) return true;
    std::cerr << "atoll: " << to.name << ": "
              << (answer ? "it answered " + std::to_string(answer->status) : answer.error().what)
              << '\n';
    return false;
}

int cut(const Arguments& arguments) {
    const auto app = load(arguments);
    if (!app) return bad_usage;
    const config::Node* from = choose_node(*app, arguments.name);
    const config::Node* to = choose_node(*app, arguments.other);
    if (!from || !to) return bad_usage;
    if (from == to) {
        std::cerr << "atoll: a link has two ends: name another node than " << from->name
                  << " as well\n";
        return bad_usage;
    }
    bool done = set_cut(*app, *to, from->name, true);
    if (!arguments.one_way) done = set_cut(*app, *from, to->name, true) && done;
    return done ? ok : failed;
}

int heal(const Arguments& arguments) {
    const auto app = load(arguments);
    if (!app) return bad_usage;
    bool done = true;
    for (const config::Node& node : app->nodes) {
        for (const config::Node& peer : app->nodes) {
            if (node.name == peer.name || node.foreign || peer.foreign) continue;
            done = set_cut(*app, node, peer.name, false) && done;
        }
    }
    return done && wait_until_level(*app) ? ok : failed;
}

using Call = int(const Arguments&);

// Makes a command with arguments of its own. `options` describes those beyond APP and --data.
Command command(const char* name, const char* help, const std::string& example, Call* call,
                std::vector<Option> (*options)(Arguments&)) {
    const auto arguments = std::make_shared<Arguments>();
    std::vector<Option> own{data_option(arguments->data)};
    for (Option& option : options(*arguments))
        own.push_back(std::move(option));
    return {.name = name,
            .help = help,
            .options = app_options(arguments->app, own),
            .examples = "Example:\n  " + example,
            .run = [arguments, call] { return call(*arguments); }};
}

std::vector<Option> none(Arguments&) {
    return {};
}

std::vector<Option> member(Arguments& arguments) {
    return {{"NAME", &arguments.name, "a node, gateway, postgres-us, kafka (default: all)"}};
}

std::vector<Option> down_options(Arguments& arguments) {
    return {{"--wipe", &arguments.wipe, "and remove its data"}};
}

std::vector<Option> logs_options(Arguments& arguments) {
    std::vector<Option> options = member(arguments);
    options.push_back({"-f", &arguments.follow, "and go on as they grow"});
    return options;
}

std::vector<Option> cut_options(Arguments& arguments) {
    return {{"FROM", &arguments.name, "a node", true},
            {"TO", &arguments.other, "another node", true},
            {"--one-way", &arguments.one_way, "only what goes from FROM to TO"}};
}

}  // namespace

std::vector<Command> fleet_commands() {
    return {
        command(
            "stop", "stop one member, or all: it stays stopped", "atoll stop apps/x.toml us",
            [](const Arguments& a) { return change(a, "stop"); }, member),
        command(
            "start", "start a stopped one", "atoll start apps/x.toml us",
            [](const Arguments& a) { return change(a, "start"); }, member),
        command("restart", "stop and start one after the other", "atoll restart apps/x.toml",
                restart, member),
        command("down", "stop everything that `up` started", "atoll down apps/x.toml --wipe", down,
                down_options),
        command("logs", "show the log of a node, of the gateway, of postgres-us, of kafka, or all",
                "atoll logs apps/x.toml us -f", logs, logs_options),
        command("cut", "cut the link between two nodes", "atoll cut apps/x.toml us eu", cut,
                cut_options),
        command("heal", "mend all links that were cut, and wait until the nodes are level",
                "atoll heal apps/x.toml", heal, none)};
}

}  // namespace reef::cli
