#include "node/store.hpp"

#include <filesystem>
#include <random>
#include <thread>

#include "base/hash.hpp"
#include "base/log.hpp"
#include "base/worker.hpp"
#include "http/problem.hpp"
#include "http/server.hpp"

namespace reef::node {

namespace {

constexpr std::chrono::milliseconds pause_first{50};
constexpr std::chrono::milliseconds pause_max{1'000};
constexpr std::chrono::milliseconds stop_looked_at{20};

class NotReady final : public http::Handler {
public:
    NotReady(const http::ProblemShape& shape, std::string name)
        : problems_(shape), name_(std::move(name)) {}

    asio::awaitable<http::Response> handle(const http::Request& request) override {
        http::Response response;
        if (request.path == "/livez") {
            response.content_type = "text/plain; charset=utf-8";
            response.body = "ok\n";
        } else {
            response = problems_.write(
                {"not_ready", "this node waits for its database: try again soon", {}, ""}, request);
        }
        co_return with_name(std::move(response));
    }
    http::Response refuse(int status, std::string_view detail) override {
        return with_name(problems_.write(status, detail));
    }

private:
    http::Response with_name(http::Response response) const {
        response.add_header("Atoll-Served-By", name_);
        return response;
    }

    const http::ProblemWriter problems_;
    const std::string name_;
};

// What answers at the node's port until there is a store.
class WaitingRoom {
public:
    ~WaitingRoom() {
        if (server_) server_->stop(std::chrono::milliseconds{500});
        worker_.stop();
    }

    Result<std::uint16_t> open(const config::App& app, const NodeOptions& node) {
        http::ServerOptions options;
        options.host = node.listen.host;
        options.port = node.listen.port;
        auto handler = std::make_shared<NotReady>(app.api.answers.problems, node.name);
        auto server = http::start_server(options, {&worker_.context()}, {std::move(handler)});
        if (!server) return server.error();
        server_ = std::move(*server);
        worker_.start();
        return server_->port();
    }

private:
    Worker worker_{"waiting"};
    std::unique_ptr<http::Server> server_;
};

// False: the process is to end.
bool pause(const NodeOptions& options, std::chrono::milliseconds length) {
    const auto until = std::chrono::steady_clock::now() + length;
    while (std::chrono::steady_clock::now() < until) {
        if (options.stop_asked && options.stop_asked()) return false;
        std::this_thread::sleep_for(stop_looked_at);
    }
    return true;
}

Result<std::unique_ptr<store::Store>> wait_for_database(const config::App& app,
                                                        NodeOptions& options,
                                                        const store::StoreOptions& store_options) {
    auto store = store::open_postgres(app.schema, store_options);
    const auto away = [&store] { return !store && store.error().code == Errc::unavailable; };
    if (!away() || !options.serve) return store;
    WaitingRoom room;
    const auto port = room.open(app, options);
    if (!port) return port.error();
    options.listen.port = *port;
    log::warn("Waiting for the database",
              {{"error", store.error().what}, {"url", "http://" + to_text(options.listen)}});
    for (auto length = pause_first; away(); length = std::min(2 * length, pause_max)) {
        if (!pause(options, length)) return Error{Errc::closed, "stopped"};
        store = store::open_postgres(app.schema, store_options);
    }
    return store;
}

}  // namespace

std::string random_name() {
    static constexpr char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789";
    std::random_device device;
    std::uniform_int_distribution<std::size_t> pick{0, sizeof letters - 2};
    std::string text;
    for (int i = 0; i < 6; ++i)
        text += letters[pick(device)];
    return text;
}

// Each process has one of its own, and each database.
std::string mark_file(const config::App& app, const NodeOptions& options) {
    std::string name = options.name;
    const std::string& url = app.find(options.name)->database_url;
    if (!url.empty()) {
        const std::string_view place = std::string_view{url}.substr(url.rfind('@') + 1);
        name += ".postgres-" + to_hex(hash_of(place)).substr(0, 8);
    }
    if (options.instance > 1) name += '.' + std::to_string(options.instance);
    return (std::filesystem::path{options.data} / "marks" / (name + ".mark")).string();
}

Result<std::unique_ptr<store::Store>> open_store(const config::App& app, NodeOptions& options) {
    store::StoreOptions store_options;
    store_options.node = options.name;
    store_options.incarnation = random_name();
    store_options.fresh = options.fresh;
    store_options.url = app.find(options.name)->database_url;
    if (!store_options.url.empty()) return wait_for_database(app, options, store_options);
    const std::filesystem::path folder{options.data};
    store_options.file = (folder / app.store_file_of(options.name)).string();
    return store::open_sqlite(app.schema, store_options);
}

}  // namespace reef::node
