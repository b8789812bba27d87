#include "node/node.hpp"

#include <unistd.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <filesystem>
#include <future>
#include <random>
#include <thread>

#include "api/openapi.hpp"
#include "base/log.hpp"
#include "base/worker.hpp"
#include "node/broker.hpp"
#include "node/captures.hpp"
#include "node/instances.hpp"
#include "node/metrics.hpp"
#include "node/seed.hpp"
#include "node/store.hpp"
#include "node/takeover.hpp"
#include "replication/replication.hpp"

namespace reef::node {

namespace {

std::array<std::uint8_t, 16> random_bytes(std::mt19937_64& engine) {
    std::array<std::uint8_t, 16> bytes{};
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        bytes[i] = static_cast<std::uint8_t>(engine());
    }
    return bytes;
}

commit::CommitOptions commit_options(const config::Limits& limits) {
    commit::CommitOptions options;
    options.queue_writes_max = limits.queue_writes_max;
    options.batch_rows_max = limits.batch_rows_max;
    options.request_ids_kept = std::chrono::seconds{limits.request_id_seconds};
    options.request_ids_max = limits.request_ids_max;
    options.log_kept = std::chrono::seconds{limits.log_seconds};
    options.log_bytes_max = limits.log_bytes_max;
    return options;
}

std::vector<peers::PeerAddress> peer_addresses(const config::App& app, const NodeOptions& options) {
    std::vector<peers::PeerAddress> peers;
    for (const config::Node& node : app.nodes) {
        if (options.alone || node.name == options.name || node.foreign) continue;
        const auto url = peers::parse_url(node.url);
        if (!url) throw std::runtime_error("the url of " + node.name + " is not http://HOST:PORT");
        auto& peer = peers.emplace_back(peers::PeerAddress{
            node.name, url->host, url->port, app.peer_secret, options.name, app.schema.id()});
        for (const config::Endpoint& more : node.instances)
            peer.more.push_back({more.host, std::to_string(more.port)});
    }
    return peers;
}

// Peers beyond this machine could not be told from strangers: a broker has to do.
bool is_closed(const config::App& app, const NodeOptions& options) {
    return !options.listen.loopback() && app.peer_secret.empty() &&
           !peer_addresses(app, options).empty();
}

// Runs a coroutine on a context that another thread runs, and waits for it here.
template <class T>
Result<T> run_on(asio::io_context& context, Task<T> task) {
    return asio::co_spawn(context, std::move(task), asio::use_future).get();
}

bool has_captured(const model::Schema& schema) {
    return std::any_of(schema.resources.begin(), schema.resources.end(),
                       [](const model::Resource& resource) { return resource.captured; });
}

// A page that was not written is marked clean by the kernel: trying again would lie. Nobody who
// still waits is answered.
[[noreturn]] void end_process(const Error& error) {
    log::error("Durable storage failed: ending the process", {{"error", error.what}});
    _exit(1);
}

class RunningNode final : public Node {
public:
    RunningNode(const config::App& app, NodeOptions options, std::unique_ptr<store::Store> store,
                const store::Ledger& ledger)
        : app_(app),
          options_(std::move(options)),
          started_(static_cast<double>(system_clock().now().us) / 1e6),
          schema_id_(app.schema.id()),
          foreign_nodes_(app.foreign_nodes()),
          router_(api::operations_of(app.schema, app.api), app.api),
          openapi_(api::openapi_json(app.schema, app.api, router_.operations())),
          store_(std::move(store)),
          progress_(ledger, system_clock()),
          commit_worker_("committer"),
          writer_(store_->open_writer(commit_worker_.context().get_executor())) {
        status_.name = options_.name;
    }

    ~RunningNode() override { stop(); }

    Result<void> start() {
        start_committer();
        commit_worker_.start();
        if (auto taken = take_over(); !taken) return taken;
        const auto ledger = *progress_.ledger();
        const auto seeded = run_on(commit_worker_.context(), load_seed(app_, *committer_, ledger));
        if (!seeded) return seeded.error();
        if (*seeded > 0) log::info("Loaded the seed", {{"rows", *seeded}});
        if (!options_.serve) return {};
        instances_->start();
        if (has_captured(app_.schema)) captures_->start();
        // Peer routes open at once; records are served when this node is level with its peers.
        if (auto serving = start_server(); !serving) return serving;
        replication_->start();
        if (instances_->leads()) replication_->catch_up();
        status_.ready = true;
        return {};
    }

    std::uint16_t port() const override { return server_ ? server_->port() : 0; }

    std::uint64_t records() const override {
        std::uint64_t rows = 0;
        const auto ledger = progress_.ledger();
        for (const auto& [resource, digest] : ledger->digests)
            rows += digest.rows;
        return rows;
    }

    void stop() override {
        if (std::exchange(stopped_, true)) return;
        status_.stopping = true;
        progress_.watch().notify();  // the feeds that are open
        if (server_) {
            // No write is taken any more when the peers take over what this node has.
            const auto end =
                system_clock().steady() + std::chrono::nanoseconds{options_.stop_deadline};
            server_->drain(options_.stop_deadline);
            replication_->hand_over();
            const auto left = std::max(end - system_clock().steady(), std::chrono::nanoseconds{0});
            server_->stop(std::chrono::duration_cast<std::chrono::milliseconds>(left));
        }
        replication_->stop();
        captures_->stop();
        instances_->stop();
        committer_->stop();
        committer_ended_.get_future().wait();
        for (auto& worker : io_workers_)
            worker->stop();
        commit_worker_.stop();
    }

private:
    void start_committer() {
        const auto node_index =
            static_cast<std::size_t>(app_.find(options_.name) - app_.nodes.data());
        const auto batch_context = [this, node_index] {
            commit::BatchContext now;
            now.now = system_clock().now();
            now.random = random_bytes(random_);
            now.node_index = node_index;
            now.lease = instances_->lease();
            now.schema = schema_id_;
            now.foreign_nodes = foreign_nodes_;
            now.has_peers = has_peers_;
            now.reachable = [this](std::string_view name) {
                return replication_->peers().reachable(name);
            };
            return now;
        };
        committer_ = std::make_unique<commit::Committer>(
            commit::CommitterParts{app_.schema, *writer_, system_clock(),
                                   commit_worker_.context().get_executor(), batch_context,
                                   [this](const store::Ledger& ledger) { committed(ledger); },
                                   [this](std::vector<model::RecordRef> joined) {
                                       replication_->joined(std::move(joined));
                                   }},
            commit_options(app_.limits));
        replication_ = std::make_unique<replication::Replication>(
            app_.schema, *store_, *committer_, progress_, system_clock(),
            replication::ReplicationOptions{options_.name, peer_addresses(app_, options_),
                                            !is_closed(app_, options_),
                                            broker_options(app_, options_)});
        auto lease = store_->open_lease(commit_worker_.context().get_executor());
        if (lease) replication_->lead(false);
        instances_ = std::make_unique<Instances>(InstancesParts{
            commit_worker_, std::move(lease),
            [this](const store::Ledger& ledger) { committed(ledger); },
            [this](bool leads) { replication_->lead(leads); }, [this] { captures_->look(); }});
        captures_ = std::make_unique<Captures>(CapturesParts{
            commit_worker_, store_->open_reader(commit_worker_.context().get_executor()),
            *committer_, [this] { return instances_->leads(); }});
        asio::co_spawn(commit_worker_.context(), committer_->run(),
                       [this](const std::exception_ptr& thrown, Result<void> done) {
                           if (thrown) std::rethrow_exception(thrown);
                           if (!done) end_process(done.error());
                           committer_ended_.set_value();
                       });
    }

    Result<void> take_over() {
        auto& context = commit_worker_.context();
        const auto reader = store_->open_reader(context.get_executor());
        const auto taken =
            run_on(context, take_over_rows(app_.schema, *committer_, *reader, options_.stop_asked));
        if (!taken) return taken.error();
        if (*taken > 0) log::info("Took over what was there", {{"rows", *taken}});
        return {};
    }

    void committed(const store::Ledger& ledger) {
        progress_.advance(ledger);
        replication_->peers().applied(ledger.applied());
    }

    Result<void> start_server() {
        const std::size_t threads =
            options_.io_threads ? options_.io_threads
                                : std::max<std::size_t>(1, std::thread::hardware_concurrency());
        std::vector<asio::io_context*> contexts;
        std::vector<std::shared_ptr<http::Handler>> handlers;
        for (std::size_t i = 0; i < threads; ++i) {
            auto& worker =
                *io_workers_.emplace_back(std::make_unique<Worker>("io-" + std::to_string(i)));
            readers_.push_back(store_->open_reader(worker.context().get_executor()));
            traffic_.push_back(std::make_unique<api::Traffic>(router_.operations().size()));
            contexts.push_back(&worker.context());
            handlers.push_back(api::make_application(application_parts(i)));
        }
        http::ServerOptions options;
        options.host = options_.listen.host;
        options.port = options_.listen.port;
        options.connections_max = app_.limits.connections_max;
        options.body_bytes_max = app_.limits.body_bytes_max;
        auto server = http::start_server(options, contexts, std::move(handlers));
        if (!server) return server.error();
        server_ = std::move(*server);
        for (auto& worker : io_workers_)
            worker->start();
        return {};
    }

    api::ApplicationParts application_parts(std::size_t thread) {
        return {.records = {app_.schema, app_.api, *readers_[thread], replication_->writes(),
                            progress_, system_clock()},
                .peers = {app_.schema, app_.api.answers.problems, *readers_[thread], progress_,
                          replication_->peers(),
                          [this](model::Intent intent) {
                              return replication_->writes().submit_forwarded(std::move(intent));
                          },
                          system_clock(), options_.name, schema_id_, status_.stopping},
                .operators = {app_.schema, app_.api.answers.problems, *readers_[thread], progress_,
                              replication_->peers(), replication_->dead_letters(), options_.name,
                              [this] { return standing(); }},
                .admission = {app_.peer_secret, is_closed(app_, options_)},
                .router = router_,
                .status = status_,
                .traffic = *traffic_[thread],
                .openapi = openapi_,
                .metrics = [this] { return metrics(); },
                .lag = [this] { return lag_json(replication_->peers()); },
                .request_log = options_.request_log};
    }

    // Whether this is the one of the node's processes that applies what peers send, and how it
    // stands with the broker.
    api::Standing standing() const { return {instances_->leads(), replication_->broker()}; }

    std::string metrics() const {
        return metrics_text({app_.schema, router_.operations(), traffic_, committer_->counts(),
                             progress_, server_->counts(), replication_->peers(),
                             replication_->inbox_counts(), replication_->snapshot_rows(),
                             replication_->broker(), started_});
    }

    const config::App& app_;
    const NodeOptions options_;
    const double started_;
    const std::string schema_id_;
    const std::vector<std::string> foreign_nodes_;
    const api::Router router_;
    const std::string openapi_;
    api::NodeStatus status_;
    std::mt19937_64 random_{std::random_device{}()};  // used on the committer's thread

    std::unique_ptr<store::Store> store_;
    commit::Progress progress_;
    Worker commit_worker_;
    std::unique_ptr<store::Writer> writer_;
    std::unique_ptr<commit::Committer> committer_;
    const bool has_peers_ = !peer_addresses(app_, options_).empty();
    std::promise<void> committer_ended_;
    std::unique_ptr<replication::Replication> replication_;
    std::unique_ptr<Captures> captures_;
    std::unique_ptr<Instances> instances_;
    std::vector<std::unique_ptr<Worker>> io_workers_;
    std::vector<std::unique_ptr<store::Reader>> readers_;
    std::vector<std::unique_ptr<api::Traffic>> traffic_;
    std::unique_ptr<http::Server> server_;
    bool stopped_ = false;
};

}  // namespace

Result<std::unique_ptr<Node>> start_node(const config::App& app, NodeOptions options) {
    if (options.serve && is_closed(app, options)) {
        if (app.transport.use == config::TransportKind::direct) {
            return Error{Errc::invalid,
                         "a node that listens beyond this machine needs a broker, or a peer "
                         "secret: set [peers] secret (PEER_SECRET), the same for all nodes"};
        }
        log::warn(
            "Keeps its peer endpoints closed: it listens beyond this machine without a "
            "peer secret (PEER_SECRET). Changes come and go through the broker alone");
    }
    if (auto good = check_broker(app, options); !good) return good.error();
    std::error_code failed;
    std::filesystem::create_directories(options.data, failed);
    if (failed) {
        return Error{Errc::unavailable,
                     "can't make the data folder " + options.data + ": " + failed.message()};
    }
    auto store = open_store(app, options);
    if (!store) return store.error();
    if (options.wrap_store) store = options.wrap_store(std::move(*store));

    asio::io_context once;
    auto reader = (*store)->open_reader(once.get_executor());
    auto ledger = asio::co_spawn(once, reader->ledger(), asio::use_future);
    once.run();
    auto known = ledger.get();
    if (!known) return known.error();
    reader.reset();

    auto node = std::make_unique<RunningNode>(app, std::move(options), std::move(*store), *known);
    if (auto started = node->start(); !started) return started.error();
    return std::unique_ptr<Node>{std::move(node)};
}

}  // namespace reef::node
