#include <unistd.h>

#include <iostream>
#include <memory>

#include "cli/app_arguments.hpp"
#include "cli/commands.hpp"
#include "gateway/nginx.hpp"
#include "gateway/nginx_conf.hpp"

namespace reef::cli {

namespace {

struct Arguments {
    AppArguments app;
    std::string listen;
    bool check = false;
};

int gateway_config(const Arguments& arguments) {
    const auto app = load_app(arguments.app, {.node = "", .whole_app = true});
    if (!app) return bad_usage;
    gateway::GatewayOptions options;
    if (!arguments.listen.empty()) {
        options.listen = config::parse_endpoint(arguments.listen);
        if (!options.listen) {
            std::cerr << "atoll: --listen takes HOST:PORT, not " << arguments.listen << '\n';
            return bad_usage;
        }
    }
    if (!options.listen && !app->gateway) {
        std::cerr << "atoll: " << app->name
                  << " has no [gateway]: give it one, or say where to listen with --listen\n";
        return bad_usage;
    }
    options.ipv6 = gateway::has_ipv6_loopback();
    // If root starts nginx, its workers run as another user, who may not enter our folder.
    if (::geteuid() == 0) options.temp_folder.clear();
    const std::string conf = gateway::nginx_conf(*app, options);
    std::cout << conf;
    if (!arguments.check) return ok;
    const auto checked = gateway::check_nginx_conf(conf);
    if (checked) return ok;
    std::cerr << "atoll: " << checked.error().what << '\n';
    return failed;
}

}  // namespace

Command gateway_config_command() {
    const auto arguments = std::make_shared<Arguments>();
    return {.name = "gateway-config",
            .help = "print the nginx.conf of the gateway in front of an app's nodes",
            .options = app_options(
                arguments->app,
                {{"--listen", &arguments->listen, "HOST:PORT instead of the app's"},
                 {"--check", &arguments->check, "let the installed nginx look at it, too"}}),
            .examples =
                "Example:\n"
                "  mkdir -p data/gw/gateway data/gw/logs\n"
                "  atoll gateway-config apps/property-listing.toml > data/gw/nginx.conf\n"
                "  nginx -e stderr -p data/gw -c nginx.conf",
            .run = [arguments] { return gateway_config(*arguments); }};
}

}  // namespace reef::cli
