#include <unistd.h>

#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <iostream>
#include <memory>

#include "base/log.hpp"
#include "cli/app_arguments.hpp"
#include "cli/commands.hpp"
#include "cli/log_options.hpp"
#include "node/node.hpp"

namespace reef::cli {

namespace {

struct Arguments {
    AppArguments app;
    std::string node;
    std::string data;
    std::string listen;
    int instance = 1;
    bool fresh = false;
    bool alone = false;
    LogArguments log;
};

// Catches SIGTERM and SIGINT from its construction on. A second signal during the stop ends the
// process at once.
class StopSignal {
public:
    StopSignal() {
        signals_.async_wait(
            [this](const boost::system::error_code& failed, int) { came_ = !failed; });
    }

    bool came() {
        context_.poll();
        return came_;
    }
    void wait() {
        context_.run();
        signals_.clear();  // gives the signals their default handlers back
        ::signal(SIGTERM, [](int) { _exit(failed); });
        ::signal(SIGINT, [](int) { _exit(failed); });
    }

private:
    asio::io_context context_;
    asio::signal_set signals_{context_, SIGTERM, SIGINT};
    bool came_ = false;
};

// The address of this process of the node. The app was read with --listen, which replaces the
// node's address.
std::optional<config::Endpoint> listen_of(const config::Node& node, const Arguments& arguments) {
    const auto others = static_cast<int>(node.instances.size());
    if (arguments.instance == 1 || !arguments.listen.empty()) return node.listen;
    if (arguments.instance - 2 < others)
        return node.instances[static_cast<std::size_t>(arguments.instance - 2)];
    std::cerr << "atoll: " << node.name << " has no instance " << arguments.instance
              << ": name where it listens in the node's \"instances\", or say it with --listen\n";
    return std::nullopt;
}

int serve(const Arguments& arguments) {
    config::LoadOptions as{.node = arguments.node};
    if (!arguments.listen.empty()) {
        as.listen = config::parse_endpoint(arguments.listen);
        if (!as.listen) {
            std::cerr << "atoll: --listen takes HOST:PORT, not " << arguments.listen << '\n';
            return bad_usage;
        }
    }
    auto app = load_app(arguments.app, std::move(as));
    if (!app) return bad_usage;
    const config::Node* node = choose_node(*app, arguments.node);
    if (!node) return bad_usage;

    node::NodeOptions options;
    options.name = node->name;
    options.data = data_folder(*app, arguments.data);
    const auto listen = listen_of(*node, arguments);
    if (!listen) return bad_usage;
    if (arguments.instance > 1 && node->database_url.empty()) {
        std::cerr << "atoll: " << node->name
                  << " is on SQLite, which one process has for itself: only a PostgreSQL database "
                     "(DATABASE_URL) has several\n";
        return bad_usage;
    }
    options.listen = *listen;
    options.instance = arguments.instance;
    const std::string number =
        arguments.instance == 1 ? "" : '.' + std::to_string(arguments.instance);
    set_up_log(arguments.log, node->name + number);
    options.request_log = request_log(arguments.log);
    options.fresh = arguments.fresh;
    options.alone = arguments.alone;
    StopSignal stop;
    options.stop_asked = [&stop] { return stop.came(); };
    auto started = node::start_node(*app, options);
    if (!started && started.error().code == Errc::closed) return ok;
    if (!started) {
        std::cerr << "atoll: " << started.error().what << '\n';
        return failed;
    }
    log::info(
        "Serving",
        {{"app", app->name},
         {"node", node->name},
         {"url", "http://" + to_text(config::Endpoint{options.listen.host, (*started)->port()})},
         {"records", (*started)->records()}});
    stop.wait();
    log::info("Stopping");
    (*started)->stop();
    log::info("Stopped");
    return ok;
}

}  // namespace

Command serve_command() {
    const auto arguments = std::make_shared<Arguments>();
    const std::vector<Option> own{
        {"--node", &arguments->node, "which node this is (default: the environment)"},
        data_option(arguments->data),
        {"--listen", &arguments->listen, "HOST:PORT instead of the app's"},
        {.name = "--instance",
         .value = &arguments->instance,
         .help = "which of the node's processes on one PostgreSQL database (default: 1)",
         .highest = 64},
        {"--fresh", &arguments->fresh, "throw the node's data away first"},
        {"--alone", &arguments->alone, "without its peers, as an app of one node"}};
    return {
        .name = "serve",
        .help = "serve one node of an app",
        .options = app_options(arguments->app, with_log_options(arguments->log, own)),
        .examples =
            "Examples:\n"
            "  atoll serve apps/property-listing.toml --node us\n"
            "  REGION=eu atoll serve apps/property-listing.toml --listen 127.0.0.1:9000\n"
            "SIGTERM or Ctrl-C stops it: requests under way are answered first; a second one ends "
            "it.",
        .run = [arguments] { return serve(*arguments); }};
}

}  // namespace reef::cli
