#include "node/node.hpp"

#include <algorithm>
#include <filesystem>
#include <thread>

#include "api/foreign_caller.hpp"
#include "api/openapi.hpp"
#include "base/log.hpp"
#include "base/worker.hpp"
#include "config/events.hpp"
#include "http/client.hpp"
#include "model/sizes.hpp"
#include "node/broker.hpp"
#include "node/captures.hpp"
#include "node/database.hpp"
#include "node/instances.hpp"
#include "node/lives.hpp"
#include "node/metrics.hpp"
#include "node/replicas/replicas.hpp"
#include "node/seed.hpp"
#include "node/store.hpp"
#include "node/takeover.hpp"
#include "peers/forward.hpp"
#include "peers/lag_json.hpp"
#include "replication/replication.hpp"

namespace reef::node {

namespace {

commit::CommitOptions commit_options(const config::Limits& limits) {
    commit::CommitOptions options;
    options.queue_writes_max = limits.queue_writes_max;
    options.batch_rows_max = limits.batch_rows_max;
    options.request_ids_kept = std::chrono::seconds{limits.request_id_seconds};
    options.request_ids_max = limits.request_ids_max;
    options.log_kept = std::chrono::seconds{limits.log_seconds};
    options.log_bytes_max = limits.log_bytes_max;
    if (limits.keeps_events()) options.events_kept = std::chrono::seconds{limits.events_seconds};
    options.events_bytes_max = limits.events_bytes_max;
    return options;
}

http::Compression compression_of(const config::Links& links) {
    switch (links.compress) {
        case config::Compress::always:
            return http::Compression::always;
        case config::Compress::never:
            return http::Compression::never;
        case config::Compress::automatic:
            break;
    }
    return http::Compression::beyond_loopback;
}

std::vector<peers::PeerAddress> peer_addresses(const config::App& app, const NodeOptions& options,
                                               const std::string& run) {
    std::vector<peers::PeerAddress> peers;
    for (const config::Node& node : app.nodes) {
        if (options.alone || node.name == options.name || node.foreign) continue;
        const auto url = http::parse_url(node.url);
        if (!url || !url->target.empty())
            throw std::runtime_error("the url of " + node.name + " is not http://HOST:PORT");
        auto& peer = peers.emplace_back(peers::PeerAddress{
            node.name, url->server.host, url->server.port, app.peer_secret(), options.name, run});
        peer.compression = compression_of(app.links);
        peer.members = app.members();
        for (const config::Endpoint& more : node.instances)
            peer.more.push_back({more.host, std::to_string(more.port)});
    }
    return peers;
}

std::vector<std::string> names_of(const std::vector<peers::PeerAddress>& peers) {
    std::vector<std::string> names;
    for (const peers::PeerAddress& peer : peers)
        names.push_back(peer.node);
    return names;
}

// Without a secret this node could not tell peers beyond this machine from strangers. It keeps its
// peer routes closed, and a broker has to carry the changes.
bool is_closed(const config::App& app, const NodeOptions& options) {
    return !options.listen.loopback() && app.peer_secret().empty() &&
           !peer_addresses(app, options, "").empty();
}

// All of a write that another node decides about, beside the longest round trip. The gateway waits
// a little longer (gateway/nginx_conf.cc).
constexpr std::chrono::milliseconds carried_max{900};

// A store that saves nothing for so long is not waited for: others decide in its stead.
constexpr std::chrono::nanoseconds stuck_max = std::chrono::seconds{2};

peers::PeersOptions peers_options(const config::App& app, const std::string& self,
                                  std::function<bool()> able) {
    peers::PeersOptions options;
    options.able = std::move(able);
    options.self = self;
    options.order = app.members();
    options.links = {std::chrono::milliseconds{app.links.round_trip_ms_max},
                     std::chrono::milliseconds{app.links.silence_ms_min},
                     std::chrono::milliseconds{app.links.silence_ms_max}};
    return options;
}

bool has_captured(const model::Schema& schema) {
    return std::any_of(schema.resources.begin(), schema.resources.end(),
                       [](const model::Resource& resource) { return resource.captured; });
}

// Its members stand in the order in which they need each other: each is there before what uses it.
class RunningNode final : public Node {
public:
    RunningNode(const config::App& app, NodeOptions options, std::unique_ptr<store::Store> store,
                store::Ledger ledger)
        : app_(app),
          options_(std::move(options)),
          started_(static_cast<double>(system_clock().now().us) / 1e6),
          schema_id_(app.schema.id()),
          run_(random_name()),
          addresses_(peer_addresses(app_, options_, run_)),
          closed_(is_closed(app_, options_)),
          router_(api::operations_of(app.schema, app.api), app.api),
          openapi_(api::openapi_json(app.schema, app.api, router_.operations())),
          asyncapi_(api::asyncapi_json(app.schema, app.api, config::event_channels(app))),
          peers_(names_of(addresses_), system_clock(),
                 peers_options(app, options_.name, [this] { return able(); })),
          database_(database_parts(std::move(store), std::move(ledger)),
                    commit_options(app.limits)),
          replication_(
              {app.schema, database_.store(), database_.committer(), database_.progress(), peers_,
               system_clock(), [this](std::string why) { lives_.suspect(std::move(why)); },
               options_.name, run_, members()},
              replication_options()),
          foreign_reader_(database_.open_reader(replication_.executor())),
          foreign_caller_(foreign_caller_parts()),
          lives_({app.schema, options_, database_, replication_, peers_, status_, run_,
                  mark_file(app, options_)}),
          instances_(database_),
          captures_(database_, instances_, system_clock()),
          replicas_(
              app, options_, database_, system_clock(), commit_options(app.limits),
              [this](const auto& ref, const auto& why) { replication_.put_aside_row(ref, why); }) {
        status_.name = options_.name;
    }

    ~RunningNode() override { stop(); }

    Result<void> start() {
        database_.start([this](auto records) { replication_.show_joined(std::move(records)); });
        if (auto begun = lives_.begin(); !begun) return begun;
        if (auto taken = take_over(); !taken) return taken;
        if (auto seeded = seed(); !seeded) return seeded;
        if (!options_.serve) return {};
        replication_.lead(instances_.leads());
        instances_.start(
            {[this](bool leads) { replication_.lead(leads); }, [this] { captures_.look(); }});
        if (has_captured(app_.schema)) captures_.start();
        // Peer routes open at once; records are served when this node is level with its peers.
        if (auto serving = start_server(); !serving) return serving;
        replicas_.start();
        replication_.run("lives", lives_.watch());
        replication_.start();
        return lives_.wait_until_ready();
    }

    void stop() override {
        if (std::exchange(stopped_, true)) return;
        status_.stopping = true;
        database_.progress().watch().notify();  // the feeds that are open
        if (server_) stop_server();
        replication_.stop();
        replicas_.stop();
        captures_.stop();
        instances_.stop();
        database_.stop();
        lives_.end();
        for (auto& worker : io_workers_)
            worker->stop();
    }

    std::uint16_t port() const override { return server_ ? server_->port() : 0; }

    std::uint64_t records() const override {
        std::uint64_t rows = 0;
        const auto ledger = database_.progress().ledger();
        for (const auto& [resource, digest] : ledger->digests)
            rows += digest.rows;
        return rows;
    }

    Result<void> reset_replicas(std::string_view name) override {
        auto known = replicas_.reset(name);
        replicas_.start();
        return known;
    }

    std::vector<api::ReplicaReport> replicas() const override { return replicas_.report(); }

private:
    // Who share the unique values among them. A node that runs as if it were alone keeps all.
    std::vector<std::string> members() const {
        return options_.alone ? std::vector<std::string>{} : app_.members();
    }

    DatabaseParts database_parts(std::unique_ptr<store::Store> store, store::Ledger ledger) {
        DatabaseParts parts{app_.schema, std::move(store), std::move(ledger), system_clock()};
        parts.schema_id = schema_id_;
        parts.node_index = static_cast<std::size_t>(app_.find(options_.name) - app_.nodes.data());
        parts.has_peers = !addresses_.empty();
        parts.record_bytes_max = app_.limits.record_bytes_max;
        parts.foreign_nodes = app_.foreign_nodes();
        parts.members = members();
        parts.other_members = [this] { return peers_.other_members(); };
        parts.keeps_events = app_.limits.keeps_events();
        parts.decider = [this](std::string_view home, const auto& passed) {
            return peers_.decider(home, passed);
        };
        parts.committed = [this](const store::Ledger& now) {
            peers_.applied(now.applied());
            lives_.committed(now);
            replicas_.primary_committed();
        };
        parts.may_save = [this](const store::Ledger& next) { return lives_.may_save(next); };
        return parts;
    }

    // A broker's message of a change is done when the replicas have the change.
    replication::ReplicationOptions replication_options() {
        replication::ReplicationOptions made{addresses_, !closed_};
        made.writes.carried = carried_max + std::chrono::milliseconds{app_.links.round_trip_ms_max};
        made.broker = broker_options(app_, options_);
        if (made.broker && made.broker->reads_own_changes)
            made.broker->reading.had_by_all = [this] { return replicas_.had_by_all(); };
        if (made.broker && made.broker->calls) {
            made.broker->calls->execute = [this](brokers::ForeignCall call) {
                return execute_foreign(std::move(call));
            };
        }
        return made;
    }

    Task<brokers::CallFate> execute_foreign(brokers::ForeignCall call) {
        // A stopping node hands over what it has, and takes no more.
        if (!status_.ready || status_.stopping)
            co_return Error{Errc::unavailable, "this node is starting, or stops"};
        co_return co_await foreign_caller_.execute(std::move(call));
    }

    api::ForeignCallerParts foreign_caller_parts() {
        return {app_.schema,
                app_.api,
                router_,
                *foreign_reader_,
                replication_.writes(),
                system_clock(),
                foreign_numbers(app_)};
    }

    // Rows that were there before Atoll.
    Result<void> take_over() {
        const auto reader = database_.open_reader(database_.executor());
        const auto taken = database_.run(take_over_rows(app_.schema, database_.committer(), *reader,
                                                        *reader, options_.stop_asked));
        if (!taken) return taken.error();
        if (*taken > 0) log::info("Took over what was there", {{"rows", *taken}});
        return {};
    }

    Result<void> seed() {
        const auto ledger = *database_.progress().ledger();
        const auto seeded = database_.run(load_seed(app_, database_.committer(), ledger));
        if (!seeded) return seeded.error();
        if (*seeded > 0) log::info("Loaded the seed", {{"rows", *seeded}});
        return {};
    }

    // Drains before it hands over: when the peers take over what this node has, it takes no more
    // writes.
    void stop_server() {
        const auto end = system_clock().steady() + std::chrono::nanoseconds{options_.stop_timeout};
        server_->drain(options_.stop_timeout);
        replication_.hand_over();
        const auto left = std::max(end - system_clock().steady(), std::chrono::nanoseconds{0});
        server_->stop(std::chrono::duration_cast<std::chrono::milliseconds>(left));
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
            readers_.push_back(database_.open_reader(worker.context().get_executor()));
            reads_.push_back(replicas_.open_reads(worker.context().get_executor()));
            traffic_.push_back(std::make_unique<api::Traffic>(router_.operations().size()));
            contexts.push_back(&worker.context());
            handlers.push_back(api::make_application(application_parts(i)));
        }
        http::ServerOptions options;
        options.host = options_.listen.host;
        options.port = options_.listen.port;
        options.connections_max = app_.limits.connections_max;
        options.body_bytes_max = app_.limits.body_bytes_max;
        options.long_body_path = peers::forward_path;
        options.long_body_bytes_max = model::forward_bytes_of(app_.limits.body_bytes_max);
        auto server = http::start_server(options, contexts, std::move(handlers));
        if (!server) return server.error();
        server_ = std::move(*server);
        for (auto& worker : io_workers_)
            worker->start();
        return {};
    }

    // To decide about writes: it has what peers had when it started, and its store saves.
    bool able() const {
        const commit::CommitCounts& counts = database_.committer().counts();
        if (!status_.ready || counts.failing) return false;
        const std::chrono::nanoseconds since{counts.saving_since.load()};
        return since.count() == 0 || system_clock().steady() - since < stuck_max;
    }

    Task<model::Outcome> decide_carried(model::Intent intent) {
        if (!status_.ready) {
            co_return Error{Errc::unavailable, "this store takes first what its peers have"};
        }
        co_return co_await replication_.writes().submit_forwarded(std::move(intent));
    }

    Task<model::ClaimAnswer> grant_claim(peers::ClaimRequest request) {
        if (!able()) co_return Error{Errc::unavailable, "this node can't decide now"};
        co_return co_await replication_.claims().grant(std::move(request));
    }

    peers::ClaimHandlers claim_handlers() {
        return {[this](peers::ClaimRequest request) { return grant_claim(std::move(request)); },
                [this](const model::Claimant& claimant) {
                    return replication_.claims().state_of(claimant);
                }};
    }

    api::ApplicationParts application_parts(std::size_t thread) {
        store::Reader& reader = *readers_[thread];
        commit::Progress& progress = database_.progress();
        const http::ProblemShape& problems = app_.api.answers.problems;
        ReplicaReads* reads = reads_[thread].get();
        const auto replica_reader = [reads](std::string_view name) {
            return reads ? reads->reader(name) : nullptr;
        };
        const auto reset = [this](std::string_view name) { return replicas_.reset(name); };
        const auto decide = [this](model::Intent intent) {
            return decide_carried(std::move(intent));
        };
        return {.records = {.schema = app_.schema,
                            .api = app_.api,
                            .rows = reader,
                            .log = reader,
                            .ledgers = reader,
                            .writes = replication_.writes(),
                            .progress = progress,
                            .clock = system_clock(),
                            .traffic = *traffic_[thread],
                            .reads = reads},
                .peers = {app_.schema, problems, reader, progress, peers_, decide, claim_handlers(),
                          system_clock(), options_.name, schema_id_, status_.stopping,
                          !app_.peer_secrets.empty(), replica_reader},
                .operators = {app_.schema, problems, conflict_parts(reader), event_parts(reader),
                              progress, peers_, replication_.dead_letters(),
                              replication_.retirement(), replication_.repairs(), options_.name,
                              [this] { return standing(); }, reset},
                .admission = {app_.peer_secrets, closed_},
                .router = router_,
                .status = status_,
                .traffic = *traffic_[thread],
                .openapi = openapi_,
                .asyncapi = asyncapi_,
                .metrics = [this](const auto& conflicts) { return metrics(conflicts); },
                .lag = [this] { return lag_json(peers_); },
                .request_log = options_.request_log,
                .foreign_nodes = app_.foreign_nodes()};
    }

    api::ConflictParts conflict_parts(store::Reader& reader) {
        return {app_.schema, reader, reader, replication_.writes(), system_clock(), kept_headers()};
    }

    // The first header that is kept says what a request does.
    api::EventParts event_parts(store::Reader& reader) {
        const std::vector<std::string> kept = kept_headers();
        return {app_.schema, reader, database_.progress(), kept.empty() ? "" : kept.front()};
    }

    std::vector<std::string> kept_headers() const {
        std::vector<std::string> names;
        for (const api::KeptHeader& header : app_.api.headers) {
            if (header.keep) names.push_back(header.name);
        }
        return names;
    }

    // Whether this is the one of the node's processes that applies what peers send, and how it
    // stands with the broker.
    api::Standing standing() const {
        return {warnings(),        instances_.leads(),    status_.ready,
                status_.trouble(), replication_.broker(), replicas_.report()};
    }

    std::vector<std::string> warnings() const {
        std::vector<std::string> found;
        const auto ledger = database_.progress().ledger();
        const std::size_t lives = ledger->origins.size() - ledger->retired().size();
        if (model::is_near_limit(lives, model::position_entries_max)) {
            found.push_back("knows " + std::to_string(lives) + " lives of stores, of at most " +
                            std::to_string(model::position_entries_max) + ": see atoll retire");
        }
        const std::size_t writers = database_.committer().counts().vector_entries;
        if (model::is_near_limit(writers, model::vector_entries_max)) {
            found.push_back("a record was written by " + std::to_string(writers) +
                            " lives of stores, of at most " +
                            std::to_string(model::vector_entries_max));
        }
        if (replication_.inbox_counts().own_forks > 0) {
            found.emplace_back(
                "changes came under its name that its store does not have: it was "
                "restored or copied, or they are forged");
        }
        return found;
    }

    std::string metrics(const std::map<std::string, model::ConflictCount>& conflicts) const {
        return metrics_text({app_.schema, router_.operations(), traffic_,
                             database_.committer().counts(), database_.progress(),
                             server_->counts(), peers_, replication_.inbox_counts(),
                             replication_.snapshot_rows(), replication_.broker(), conflicts,
                             replicas_.report(), started_});
    }

    const config::App& app_;
    const NodeOptions options_;
    const double started_;
    const std::string schema_id_;
    const std::string run_;  // names this process
    const std::vector<peers::PeerAddress> addresses_;
    const bool closed_;  // to peers and operators
    const api::Router router_;
    const std::string openapi_;
    const std::string asyncapi_;
    api::NodeStatus status_;
    peers::Peers peers_;
    Database database_;
    replication::Replication replication_;
    const std::unique_ptr<store::Reader> foreign_reader_;  // on replication's thread
    api::ForeignCaller foreign_caller_;
    Lives lives_;
    Instances instances_;
    Captures captures_;
    Replicas replicas_;
    std::vector<std::unique_ptr<Worker>> io_workers_;
    std::vector<std::unique_ptr<store::Reader>> readers_;
    std::vector<std::unique_ptr<ReplicaReads>> reads_;  // null without replicas
    std::vector<std::unique_ptr<api::Traffic>> traffic_;
    std::unique_ptr<http::Server> server_;
    bool stopped_ = false;
};

// A node that no peer may call needs a broker that can be read again: what was lost in a queue of
// RabbitMQ has to come from a peer.
Result<void> check_reach(const config::App& app, const NodeOptions& options) {
    if (!options.serve || !is_closed(app, options)) return {};
    if (app.transport.use != config::TransportKind::kafka) {
        const bool rabbitmq = app.transport.use == config::TransportKind::rabbitmq;
        return Error{Errc::invalid,
                     std::string{"a node that listens beyond this machine needs "} +
                         (rabbitmq ? "a peer secret, since what is lost in a queue of RabbitMQ has "
                                     "to come from a peer: "
                                   : "a broker, or a peer secret: ") +
                         "set [peers] secret (PEER_SECRET), the same for all nodes"};
    }
    log::warn(
        "Keeps its peer endpoints closed: it listens beyond this machine without a peer secret "
        "(PEER_SECRET). Changes come and go through the broker alone");
    return {};
}

Result<void> make_data_folder(const NodeOptions& options) {
    std::error_code failed;
    std::filesystem::create_directories(options.data, failed);
    if (!failed) return {};
    return Error{Errc::unavailable,
                 "can't make the data folder " + options.data + ": " + failed.message()};
}

}  // namespace

Result<std::unique_ptr<Node>> start_node(const config::App& app, NodeOptions options) {
    if (auto good = check_reach(app, options); !good) return good.error();
    if (auto good = check_broker(app, options); !good) return good.error();
    if (auto made = make_data_folder(options); !made) return made.error();
    auto store = open_store(app, options);
    if (!store) return store.error();
    if (options.wrap_store) store = options.wrap_store(std::move(*store));
    auto ledger = ledger_of(**store);
    if (!ledger) return ledger.error();
    auto node = std::make_unique<RunningNode>(app, std::move(options), std::move(*store),
                                              std::move(*ledger));
    if (auto started = node->start(); !started) return started.error();
    return std::unique_ptr<Node>{std::move(node)};
}

}  // namespace reef::node
