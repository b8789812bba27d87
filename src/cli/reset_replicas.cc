#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <memory>
#include <thread>

#include "base/log.hpp"
#include "base/text/json.hpp"
#include "base/text/json_object.hpp"
#include "cli/app_arguments.hpp"
#include "cli/commands.hpp"
#include "cli/http.hpp"
#include "node/node.hpp"

namespace reef::cli {

namespace {

constexpr auto between_looks = std::chrono::milliseconds{100};

struct Arguments {
    AppArguments app;
    std::string data;
    std::string replica;
};

// What is known of a replica while it is filled.
struct Filling {
    std::string name;
    std::string state;
    std::string trouble;
    bool equal = false;
    std::uint64_t fills = 0;
    std::uint64_t filled = 0;
    std::uint64_t to_fill = 0;
    std::uint64_t records = 0;
};
using Fillings = std::vector<Filling>;

std::uint64_t number_at(const Json& json, std::string_view name) {
    return std::strtoull(text_at(json, name).c_str(), nullptr, 10);
}

// Says how far the replicas are: over and over on a terminal, else at each tenth.
class ProgressLine {
public:
    void show(const Filling& filling) {
        const std::uint64_t of = std::max<std::uint64_t>(filling.to_fill, 1);
        const std::uint64_t percent = std::min<std::uint64_t>(100, 100 * filling.filled / of);
        if (isatty(STDERR_FILENO) != 0) {
            std::cerr << "\r\033[K  " << filling.name << "  " << percent << " %  " << filling.filled
                      << " rows" << std::flush;
        } else if (name_ != filling.name || percent / 10 > tenth_) {
            std::cerr << "  " << filling.name << "  " << percent << " %  " << filling.filled
                      << " rows\n";
        }
        name_ = filling.name;
        tenth_ = percent / 10;
    }
    static void clear() {
        if (isatty(STDERR_FILENO) != 0) std::cerr << "\r\033[K";
    }

private:
    std::string name_;
    std::uint64_t tenth_ = 0;
};

// The replicas of a node that serves, or of one that is opened for this alone.
class Filler {
public:
    virtual ~Filler() = default;
    virtual Result<void> reset(const std::string& replica) = 0;  // "": all
    virtual Result<Fillings> look() = 0;
};

class ServingNode final : public Filler {
public:
    ServingNode(const config::Node& node, std::string secret)
        : node_(node), secret_(std::move(secret)) {}

    Result<void> reset(const std::string& replica) override {
        auto said =
            ask_of_replicas("/_atoll/reset-replicas", "{\"replica\":" + json_text(replica) + '}');
        if (!said) return said.error();
        return {};
    }

    Result<Fillings> look() override {
        const auto said = ask_of_replicas("/_atoll/status", "");
        if (!said) return said.error();
        Fillings found;
        const Json* replicas = said->find("replicas");
        for (const Json& replica : replicas ? replicas->items : std::vector<Json>{}) {
            found.push_back({text_at(replica, "name"), text_at(replica, "state"),
                             text_at(replica, "trouble"), true_at(replica, "equal"),
                             number_at(replica, "fills"), number_at(replica, "filled"),
                             number_at(replica, "to_fill"), number_at(replica, "records")});
        }
        return found;
    }

private:
    Result<Json> ask_of_replicas(const std::string& path, std::string body) {
        HttpRequest request{.url = node_.url + path};
        request.peer_secret = secret_;
        request.body = std::move(body);
        return ask_node(request);
    }

    const config::Node& node_;
    const std::string secret_;
};

class StoppedNode final : public Filler {
public:
    explicit StoppedNode(std::unique_ptr<node::Node> node) : node_(std::move(node)) {}

    Result<void> reset(const std::string& replica) override {
        return node_->reset_replicas(replica);
    }

    Result<Fillings> look() override {
        Fillings found;
        for (const api::ReplicaReport& replica : node_->replicas()) {
            found.push_back({replica.name, replica.state, replica.trouble, replica.equal,
                             replica.fills, replica.filled, replica.to_fill, replica.records});
        }
        return found;
    }

private:
    const std::unique_ptr<node::Node> node_;
};

// Waits until this replica has been filled once more than `before`. unavailable: it cannot be.
Result<Filling> wait_for(Filler& filler, const Filling& before) {
    ProgressLine line;
    for (;;) {
        const auto all = filler.look();
        if (!all) return all.error();
        const auto now = std::find_if(all->begin(), all->end(), [&before](const Filling& one) {
            return one.name == before.name;
        });
        if (now == all->end()) return Error{Errc::unavailable, "the node no longer knows it"};
        if (now->state == "away" || now->state == "lacks rows")
            return Error{Errc::unavailable, now->trouble};
        if (now->fills > before.fills && now->state != "filling") {
            line.clear();
            return *now;
        }
        line.show(*now);
        std::this_thread::sleep_for(between_looks);
    }
}

// Whether all of the node's replicas that were meant are filled.
bool refill(Filler& filler, const std::string& node, const std::string& replica) {
    const auto before = filler.look();
    auto done = before ? filler.reset(replica) : Result<void>{before.error()};
    if (!done) {
        std::cerr << "atoll: " << node << ": " << done.error().what << '\n';
        return false;
    }
    bool all = true;
    for (const Filling& one : *before) {
        if (!replica.empty() && one.name != replica) continue;
        const auto filled = wait_for(filler, one);
        if (filled) {
            std::cout << "  " << one.name << "   " << filled->records << " records"
                      << (filled->equal ? ", equal to " + node : "") << std::endl;
        } else {
            std::cerr << "atoll: " << one.name << ": " << filled.error().what << '\n';
        }
        all = all && filled;
    }
    return all;
}

Result<std::unique_ptr<Filler>> filler_of(const config::App& app, const config::Node& node,
                                          const std::string& data) {
    std::unique_ptr<Filler> filler = std::make_unique<ServingNode>(node, app.peer_secret());
    const auto there = filler->look();
    if (there) return filler;
    if (there.error().code != Errc::unavailable) return there.error();
    node::NodeOptions options;
    options.name = node.name;
    options.data = data;
    options.serve = false;
    auto opened = node::start_node(app, options);
    if (!opened) return opened.error();
    std::cerr << "  " << node.name << " is not running: its replicas are filled from its store\n";
    filler = std::make_unique<StoppedNode>(std::move(*opened));
    return filler;
}

int reset_replicas(const Arguments& arguments) {
    const auto app = load_app(arguments.app, {.node = "", .whole_app = true});
    if (!app) return bad_usage;
    const auto named = [&](const config::Replica& replica) {
        return arguments.replica.empty() || replica.name == arguments.replica;
    };
    if (std::none_of(app->replicas.begin(), app->replicas.end(), named)) {
        std::cerr << "atoll: "
                  << (app->replicas.empty() ? "this app has no [[replica]]"
                                            : "there is no replica " + arguments.replica)
                  << '\n';
        return bad_usage;
    }
    bool all = true;
    for (const config::Node& node : app->nodes) {
        const auto replicas = app->replicas_of(node.name);
        if (std::none_of(replicas.begin(), replicas.end(), named)) continue;
        auto filler = filler_of(*app, node, data_folder(*app, arguments.data));
        if (!filler) std::cerr << "atoll: " << node.name << ": " << filler.error().what << '\n';
        const bool filled = filler && refill(**filler, node.name, arguments.replica);
        all = all && filled;
    }
    return all ? ok : failed;
}

}  // namespace

Command reset_replicas_command() {
    const auto arguments = std::make_shared<Arguments>();
    const std::vector<Option> own{
        {"--replica", &arguments->replica, "only this one (default: all)"},
        data_option(arguments->data)};
    return {.name = "reset-replicas",
            .help = "make read replicas anew, and fill them with the rows of their nodes",
            .options = app_options(arguments->app, own),
            .examples =
                "Examples:\n"
                "  atoll reset-replicas apps/products.toml\n"
                "  atoll reset-replicas apps/products.toml --replica replica-1\n"
                "Whatever is in a replica's database is thrown away. Reads go on from the others.",
            .run = [arguments] { return reset_replicas(*arguments); }};
}

}  // namespace reef::cli
