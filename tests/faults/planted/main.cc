// `atoll serve` with a fault planted, for the tests of the fault test's checker:
//   PLANT=drop-commit planted-atoll serve APP --node us --listen 127.0.0.1:8101 --data DIR
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <map>

#include "base/log.hpp"
#include "node/node.hpp"
#include "plants.hpp"

namespace reef::planted {

namespace {

int complain(std::string_view what) {
    std::cerr << "planted-atoll: " << what << '\n';
    return 2;
}

// "--node us" as {"--node", "us"}.
std::map<std::string, std::string> options_of(int argc, char** argv) {
    std::map<std::string, std::string> options;
    for (int i = 3; i + 1 < argc; i += 2)
        options[argv[i]] = argv[i + 1];
    return options;
}

int serve(const std::string& file, std::map<std::string, std::string> given, Plant plant) {
    asio::io_context context;
    asio::signal_set signals{context, SIGTERM, SIGINT};
    signals.async_wait([](const boost::system::error_code&, int) {});

    node::NodeOptions options;
    options.name = given["--node"];
    options.data = given["--data"];
    options.wrap_store = [plant](std::unique_ptr<store::Store> store) {
        return plant_into(std::move(store), plant);
    };
    config::LoadOptions as{.node = options.name};
    as.listen = config::parse_endpoint(given["--listen"]);
    if (!as.listen) return complain("--listen takes HOST:PORT");
    options.listen = *as.listen;
    config::LoadResult loaded =
        config::load_app(file, config::process_environment(), std::move(as));
    for (const config::Mistake& mistake : loaded.mistakes)
        complain(to_text(file, mistake));
    if (!loaded.app) return 2;
    log::set_up(log::Level::info, log::Format::json, options.name);
    auto started = node::start_node(*loaded.app, std::move(options));
    if (!started) return complain(started.error().what);
    context.run();
    (*started)->stop();
    return 0;
}

}  // namespace

}  // namespace reef::planted

int main(int argc, char** argv) {
    using namespace reef::planted;
    const char* name = std::getenv("PLANT");
    const auto plant = find_plant(name ? name : "");
    if (argc < 3 || !plant) return complain("takes PLANT, serve, APP and options");
    return serve(argv[2], options_of(argc, argv), *plant);
}
