#include "node.hpp"

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include "api/surface.hpp"
#include "brokers/broker_link.hpp"
#include "disk.hpp"
#include "inspect.hpp"
#include "memory_store.hpp"
#include "network.hpp"
#include "peers/peer_routes.hpp"
#include "queues.hpp"
#include "replication/dead_letters.hpp"
#include "replication/peer_logs.hpp"
#include "replication/pulse.hpp"
#include "replication/subscriber.hpp"
#include "serve.hpp"

namespace reef::simulation {

using namespace std::chrono_literals;

namespace {

constexpr Nanoseconds catch_up_max = 5s;

store::StoreOptions options_for(const std::string& node) {
    store::StoreOptions options;
    options.node = node;
    options.incarnation = "x1";
    return options;
}

commit::CommitOptions commit_options() {
    commit::CommitOptions options;
    options.ahead_rows_min = 1;  // whenever it is possible
    return options;
}

std::vector<std::string> others(const NodeParts& parts) {
    std::vector<std::string> names = parts.names;
    names.erase(names.begin() + static_cast<std::ptrdiff_t>(parts.index));
    return names;
}

}  // namespace

struct Node::Life {
    static peers::PeersOptions peers_options(Node& owner) {
        peers::PeersOptions options;
        options.self = owner.name();
        options.order = owner.parts_.names;
        options.able = [&owner] { return owner.serving(); };
        return options;
    }

    Life(Node& owner, const store::Ledger& ledger)
        : started(owner.parts_.world.now()),
          guard(context.get_executor()),
          clock(owner.parts_.world, owner.skew_,
                [&owner, life = owner.life_number_](std::function<void()> what) {
                    owner.run(life, std::move(what));
                }),
          reader(owner.store_->open_reader(context.get_executor())),
          progress(ledger, clock),
          peers(others(owner.parts_), clock, peers_options(owner)),
          random(owner.parts_.world.random.number()) {
        const NodeParts& parts = owner.parts_;
        writer = open_disk({parts.world, clock, parts.oracle, parts.schema, *owner.store_,
                            context.get_executor(), parts.index, parts.sync, parts.plant});
        committer = std::make_unique<commit::Committer>(
            commit::CommitterParts{parts.schema, *writer, clock, context.get_executor(),
                                   [this, &parts] { return batch_context(parts); },
                                   [this](const store::Ledger& now) {
                                       progress.advance(now);
                                       peers.applied(now.applied());
                                   }},
            commit_options());
        make_replication(owner);
    }

    static peers::PeerCallsByName calls_of(Node& owner) {
        peers::PeerCallsByName calls;
        for (const std::string& peer : others(owner.parts_))
            calls.emplace(peer, owner.parts_.network.calls(owner, peer));
        return calls;
    }

    // As Replication makes it, on this node's ends of the network.
    void make_replication(Node& owner) {
        const NodeParts& parts = owner.parts_;
        calls = calls_of(owner);
        snapshot = std::make_unique<peers::Snapshot>(
            peers::SnapshotParts{parts.schema, *committer, progress, calls, peers});
        logs = std::make_unique<replication::PeerLogs>(peers, calls, *snapshot);
        replication::SubscriberOptions following;
        if (parts.queues) following.passed_over = others(parts);
        letters = std::make_unique<replication::DeadLetters>(replication::DeadLetterParts{
            parts.schema, *committer, progress, *reader, calls, clock, context.get_executor()});
        life_watch = std::make_unique<replication::LifeWatch>(replication::LifeWatchParts{
            progress, *reader, *reader, peers, [](const std::string&) {}});
        inbox = std::make_unique<replication::Inbox>(replication::InboxParts{
            parts.schema, *committer, progress, *reader, peers, *life_watch, clock});
        for (const std::string& peer : others(parts)) {
            subscribers.push_back(std::make_unique<replication::Subscriber>(
                replication::SubscriberParts{*committer, progress, *inbox, *snapshot, peers,
                                             *life_watch, clock},
                peer, parts.network.source(owner, peer), random.number(), following));
        }
        if (parts.queues) make_broker_link(owner);
        write_calls = calls_of(owner);
        claims = std::make_unique<replication::ValueClaims>(
            replication::ValueClaimParts{parts.schema, *committer, progress, peers, clock,
                                         context.get_executor(), owner.name(),
                                         "r" + std::to_string(owner.life_number_), parts.names},
            write_calls);
        writes = std::make_unique<replication::WriteRouter>(
            replication::WriteRouterParts{parts.schema, *committer, progress, peers, clock,
                                          context.get_executor(), random.number(), *claims},
            write_calls);
        for (const std::string& peer : others(parts)) {
            beats.push_back(parts.network.source(owner, peer));
            pulses.push_back(std::make_unique<replication::Pulse>(replication::PulseParts{
                peers, clock, peer, *beats.back(), *write_calls.at(peer), random.number()}));
        }
        routes = std::make_unique<peers::PeerRoutes>(peers::PeerRouteParts{
            parts.schema, answers.problems, *reader, progress, peers,
            [this, &owner](model::Intent intent) {
                return decide_carried(owner, std::move(intent));
            },
            claim_handlers(owner), clock, owner.name(), parts.schema.id(), stopping});
    }

    void make_broker_link(Node& owner) {
        const NodeParts& parts = owner.parts_;
        brokers::BrokerLinkOptions options;
        options.make = [&owner](const asio::any_io_executor&) {
            return owner.parts_.queues->broker(owner);
        };
        options.shape.topic = "<source>.<target>";
        options.shape.targets = others(parts);
        options.dead_topic = "dead";
        options.publishing.random_seed = options.reading.random_seed = 1;
        link = std::make_unique<brokers::BrokerLink>(
            brokers::BrokerLinkParts{parts.schema, *committer, progress, *reader, *reader, peers,
                                     clock, *inbox, context.get_executor()},
            options);
        link_tasks = std::make_unique<TaskGroup>(context.get_executor());
    }

    Task<model::Outcome> decide_carried(Node& owner, model::Intent intent) {
        if (!owner.serving()) co_return Error{Errc::unavailable, "it lacks what others have"};
        co_return co_await writes->submit_forwarded(std::move(intent));
    }

    Task<model::ClaimAnswer> grant_claim(Node& owner, peers::ClaimRequest request) {
        if (!owner.serving()) co_return Error{Errc::unavailable, "it lacks what others have"};
        co_return co_await claims->grant(std::move(request));
    }

    peers::ClaimHandlers claim_handlers(Node& owner) {
        return {[this, &owner](peers::ClaimRequest request) {
                    return grant_claim(owner, std::move(request));
                },
                [this](const model::Claimant& claimant) { return claims->state_of(claimant); }};
    }

    // With a new life of the store, where the old one may have told others what it lacks.
    void begin(const NodeParts& parts, model::OriginId life_of_store) {
        asio::co_spawn(context, committer->run(),
                       [](const std::exception_ptr& thrown, Result<void>) { rethrow(thrown); });
        asio::co_spawn(context, open_up(parts.seed, std::move(life_of_store)), rethrow);
    }

    asio::awaitable<void> begin_life_of_store(model::OriginId origin) {
        for (bool begun = false; !begun;) {
            commit::RunStart start;
            start.run = origin;
            start.life = origin;
            Result<commit::Applied> noted = co_await committer->start(std::move(start));
            begun = noted.has_value();
        }
    }

    // As a node starts: the seed (joining it again changes nothing), then the peers.
    asio::awaitable<void> open_up(commit::Rows seed, model::OriginId life_of_store) {
        if (!life_of_store.empty()) {
            auto begun = begin_life_of_store(std::move(life_of_store));
            co_await std::move(begun);
        }
        while (!open) {
            commit::Rows rows = seed;
            Result<commit::Applied> loaded = co_await committer->load(std::move(rows));
            open = loaded.has_value();
        }
        for (const auto& subscriber : subscribers)
            asio::co_spawn(context, subscriber->run(), rethrow);
        asio::co_spawn(context, replication::tick(peers, clock), rethrow);
        for (const auto& pulse : pulses) {
            for (int i = 0; i < replication::Pulse::connections; ++i)
                asio::co_spawn(context, pulse->listen(), rethrow);
        }
        const auto parked = [this](const auto& some) { letters->parked(some); };
        asio::co_spawn(context, inbox->run(parked), rethrow);
        asio::co_spawn(context, inbox->fill_gaps(*logs), rethrow);
        asio::co_spawn(context, letters->retry(), rethrow);
        if (link) link->start(*link_tasks);
    }

    commit::BatchContext batch_context(const NodeParts& parts) {
        commit::BatchContext now;
        now.now = clock.now();
        for (std::uint8_t& byte : now.random)
            byte = static_cast<std::uint8_t>(random.number());
        now.node_index = parts.index;
        now.has_peers = true;
        now.decider = [this, &parts](std::string_view home, const auto& passed) {
            const bool far = peers.round_trip(home) > 40ms;
            if (parts.plant == Plant::impatient && far)
                return model::Decider{parts.names[parts.index], {}, true};
            return peers.decider(home, passed);
        };
        now.members = parts.names;
        now.schema = parts.schema.id();
        return now;
    }

    const Nanoseconds started;
    bool open = false;  // to peers
    bool caught_up = false;
    bool recovering = false;  // it may lack what it has told others
    const api::Answers answers;
    asio::io_context context{1};  // ends last: what still waits in it names the rest
    asio::executor_work_guard<asio::io_context::executor_type> guard;
    VirtualClock clock;
    std::unique_ptr<store::Reader> reader;
    commit::Progress progress;
    peers::Peers peers;
    Random random;
    std::unique_ptr<store::Writer> writer;
    std::unique_ptr<commit::Committer> committer;
    peers::PeerCallsByName calls;
    std::unique_ptr<peers::Snapshot> snapshot;
    std::unique_ptr<replication::PeerLogs> logs;
    std::unique_ptr<replication::DeadLetters> letters;
    std::unique_ptr<replication::LifeWatch> life_watch;
    std::unique_ptr<replication::Inbox> inbox;
    std::vector<std::unique_ptr<replication::Subscriber>> subscribers;
    std::unique_ptr<brokers::BrokerLink> link;
    std::unique_ptr<TaskGroup> link_tasks;
    peers::PeerCallsByName write_calls;
    std::vector<std::unique_ptr<peers::Source>> beats;
    std::vector<std::unique_ptr<replication::Pulse>> pulses;
    std::unique_ptr<replication::ValueClaims> claims;
    std::unique_ptr<replication::WriteRouter> writes;
    const std::atomic<bool> stopping{false};
    std::unique_ptr<peers::PeerRoutes> routes;
};

Node::Node(NodeParts parts)
    : parts_(std::move(parts)), store_(store::open_memory(parts_.schema, options_for(name()))) {}

Node::~Node() = default;

void Node::start() {
    ++life_number_;
    life_ = std::make_unique<Life>(*this, ledger_of(*store_));
    parts_.world.trace("start " + name());
    model::OriginId life_of_store;
    if (recovers_ && ledger_of(*store_).self == restored_life_) {
        life_of_store = name() + ".x" + std::to_string(++lives_of_store_);
        parts_.world.trace("a new life of its store: " + life_of_store);
    }
    life_->recovering = recovers_;
    run(life_number_, [this, life_of_store] { life_->begin(parts_, life_of_store); });
}

void Node::crash() {
    parts_.world.trace("crash " + name());
    paused_ = false;
    waiting_.clear();
    life_.reset();
    parts_.network.died(*this);
    parts_.oracle.crashed(index());
}

void Node::back_up() {
    parts_.world.trace("back up " + name());
    backup_ = store::copy_memory(*store_);
    held_in_backup_ = parts_.oracle.holding(index());
}

void Node::restore() {
    if (!backup_) return;
    parts_.world.trace("restore " + name());
    store_ = store::copy_memory(*backup_);
    parts_.oracle.restored(index(), held_in_backup_);
    recovers_ = parts_.plant != Plant::restore_in_old_life;
    restored_life_ = ledger_of(*store_).self;
}

void Node::pause() {
    parts_.world.trace("pause " + name());
    paused_ = true;
}

void Node::resume() {
    parts_.world.trace("resume " + name());
    paused_ = false;
    for (auto& [life, what] : std::exchange(waiting_, {}))
        run(life, std::move(what));
}

bool Node::open() const {
    return alive() && life_->open;
}

bool Node::serving() {
    if (!alive() || paused_) return false;
    Life& life = *life_;
    if (!life.open || life.caught_up) return life.caught_up;
    const bool level = life.peers.all_tried() && model::covers(life.progress.ledger()->applied(),
                                                               life.peers.known_elsewhere());
    if (recovers_) {
        life.caught_up = level && life.peers.unheard().empty();
    } else {
        life.caught_up = level || parts_.world.now() - life.started > catch_up_max;
    }
    if (life.caught_up) recovers_ = life.recovering = false;
    return life.caught_up;
}

void Node::run(std::uint64_t life, std::function<void()> what) {
    if (!in(life)) return;
    if (paused_) {
        waiting_.emplace_back(life, std::move(what));
        return;
    }
    what();
    settle();
}

void Node::settle() {
    while (life_->context.poll() > 0) {
    }
}

asio::io_context& Node::context() {
    return life_->context;
}

VirtualClock& Node::clock() {
    return life_->clock;
}

store::Reader& Node::reader() {
    return *life_->reader;
}

commit::Progress& Node::progress() {
    return life_->progress;
}

peers::Peers& Node::peers() {
    return life_->peers;
}

replication::WriteRouter& Node::writes() {
    return *life_->writes;
}

peers::PeerRoutes& Node::routes() {
    return *life_->routes;
}

}  // namespace reef::simulation
