#include "simulation.hpp"

#include <algorithm>

#include "clients.hpp"
#include "inspect.hpp"
#include "model/row_hash.hpp"
#include "network.hpp"
#include "queues.hpp"
#include "schema.hpp"

namespace reef::simulation {

using namespace std::chrono_literals;

namespace {

constexpr Nanoseconds level_max = 20s;  // from the healing until all are equal

std::set<model::RecordRef> records_of(const commit::Rows& rows) {
    std::set<model::RecordRef> records;
    for (const model::Row& row : rows.rows)
        records.insert(row.ref());
    return records;
}

std::vector<std::string> node_names(std::size_t count) {
    static const std::vector<std::string> all{"ap", "eu", "sa", "us"};
    return {all.begin(), all.begin() + static_cast<std::ptrdiff_t>(count)};
}

// In a fifth of the seeds there is an ocean between the nodes; in most of those its two directions
// take different times, or times that drift.
NetworkOptions network_options(const Options& asked, Random& random) {
    NetworkOptions options;
    options.latency_max = random.between(1ms, 40ms);
    if (Random luck{asked.seed + 2}; asked.plant == Plant::impatient || luck.percent(20)) {
        options.latency_min = luck.between(20ms, 200ms);
        options.latency_max = options.latency_min + luck.between(1ms, 100ms);
        if (luck.percent(50)) options.back_share = 0.05 * static_cast<double>(1 + luck.below(20));
        if (luck.percent(50)) options.drift_share = 0.1 * static_cast<double>(2 + luck.below(9));
        options.drift_period = luck.between(500ms, 5s);
    }
    options.slow_percent = random.below(4);
    options.orderly = random.percent(50);
    return options;
}

class Simulation {
public:
    explicit Simulation(const Options& options)
        : world_(options.seed),
          restores_(options.plant == Plant::restore_in_old_life ||
                    (options.plant == Plant::none && world_.fate.percent(30))),
          forgets_(options.plant == Plant::restore_in_old_life),
          schema_(simulated_schema()),
          names_(node_names(2 + world_.random.below(3))),
          seed_(seed_rows(schema_, names_)),
          oracle_(schema_, names_, records_of(seed_)),
          network_(world_, oracle_, schema_, network_options(options, world_.random),
                   options.plant) {
        world_.verbose = options.verbose;
        if (Random luck{options.seed + 1}; options.plant == Plant::none && luck.percent(30))
            queues_ = std::make_unique<Queues>(world_, luck.number());
        const Nanoseconds sync = world_.random.between(100us, 8ms);
        const bool skewed = world_.random.percent(60);
        for (std::size_t i = 0; i < names_.size(); ++i) {
            nodes_.push_back(
                std::make_unique<Node>(NodeParts{world_, network_, oracle_, schema_, names_, i,
                                                 seed_, sync, options.plant, queues_.get()}));
            network_.add(*nodes_.back());
            if (skewed) nodes_.back()->set_skew(some_skew());
        }
        ClientParts parts{world_, oracle_, schema_, {}, 1ms, options.plant};
        if (world_.random.percent(30)) parts.clock_step = 50ms;
        parts.huge_ids = world_.fate.percent(30);
        for (const auto& node : nodes_)
            parts.nodes.push_back(node.get());
        clients_ = std::make_unique<Clients>(std::move(parts));
    }

    Outcome run() {
        for (const auto& node : nodes_)
            node->start();
        clients_->start(2 + world_.random.below(5));
        calm_ = 1s + world_.random.between(0s, 2s);
        if (world_.random.percent(90)) plan_misfortune();
        if (restores_) plan_restore();
        if (queues_) plan_absence();
        world_.run_until(calm_);
        heal();
        std::vector<std::string> failures = level();
        if (failures.empty()) oracle_.check(stores());
        failures.insert(failures.end(), oracle_.failures().begin(), oracle_.failures().end());
        for (std::string& failure : failures)
            world_.trace(failure);
        Outcome outcome{std::move(failures),
                        world_.trace_hash(),
                        world_.events(),
                        oracle_.effects(),
                        oracle_.acknowledged(),
                        oracle_.twins(),
                        0};
        for (const auto& node : nodes_)
            outcome.conflicts += conflicts_of(node->store()).size();
        return outcome;
    }

private:
    Nanoseconds some_skew() { return world_.random.between(0s, 40s) - Nanoseconds{20s}; }

    // ---- misfortunes ---------------------------------------------------------------------------
    void plan_misfortune() {
        world_.after(world_.random.between(10ms, 400ms), [this] {
            if (world_.now() >= calm_) return;
            strike();
            plan_misfortune();
        });
    }

    void strike() {
        Node& node = *nodes_[world_.random.below(nodes_.size())];
        Node& other = *nodes_[world_.random.below(nodes_.size())];
        const Nanoseconds time = world_.random.between(10ms, 1500ms);
        switch (world_.random.below(8)) {
            case 0:
            case 1:
                return crash(node, time);
            case 2:
                return pause(node, time);
            case 3:
                return node.set_skew(some_skew());
            case 4:
                return isolate(node, time);
            default:
                if (&node == &other) return;
                cut(node, other, time);
                if (world_.random.percent(70)) cut(other, node, time);
        }
    }

    void crash(Node& node, Nanoseconds time) {
        if (!node.alive()) return;
        node.crash();
        if (forgets_ && world_.fate.percent(50)) node.restore();
        // One in a while stays away until the others are level.
        const bool stays = nodes_.size() > 2 && !away_ && world_.random.percent(25);
        if (stays) {
            away_ = &node;
            return;
        }
        world_.after(time, [this, &node] {
            if (!node.alive() && away_ != &node) node.start();
        });
    }

    void plan_restore() {
        world_.after(world_.fate.between(50ms, 400ms), [this] {
            if (world_.now() >= calm_) return;
            put_back(*nodes_[world_.fate.below(nodes_.size())]);
            plan_restore();
        });
    }

    // Copies the store, or puts its copy back where all that this takes away is in other logs: what
    // nobody else has would be lost.
    void put_back(Node& node) {
        const bool safe = node.alive() && node.is_backed_up() && oracle_.is_elsewhere(node.index());
        if (forgets_ || !safe || world_.fate.percent(30)) return node.back_up();
        node.crash();
        node.restore();
        world_.after(world_.fate.between(1ms, 500ms), [this, &node] {
            if (!node.alive() && away_ != &node) node.start();
        });
    }

    void plan_absence() {
        world_.after(queues_->random().between(50ms, 1s), [this] {
            if (world_.now() >= calm_) return;
            queues_->set_away(!queues_->away());
            plan_absence();
        });
    }

    void pause(Node& node, Nanoseconds time) {
        if (!node.alive() || node.paused()) return;
        node.pause();
        world_.after(time, [&node, life = node.life()] {
            if (node.in(life) && node.paused()) node.resume();
        });
    }

    void cut(Node& from, Node& to, Nanoseconds time) {
        network_.cut(from.name(), to.name());
        world_.after(time, [this, &from, &to] { network_.heal(from.name(), to.name()); });
    }

    void isolate(Node& node, Nanoseconds time) {
        for (const auto& other : nodes_) {
            if (other.get() == &node) continue;
            cut(node, *other, time);
            cut(*other, node, time);
        }
    }

    // ---- the end -------------------------------------------------------------------------------
    void heal() {
        world_.trace("heal");
        clients_->stop();
        network_.heal_all();
        if (queues_) queues_->heal();
        for (const auto& node : nodes_) {
            if (node->alive() && node->paused()) node->resume();
            if (!node->alive() && node.get() != away_) node->start();
        }
    }

    // First those that live, without the one that died on the way of its changes; then all.
    std::vector<std::string> level() {
        // What clients had begun comes to its end.
        world_.run_until(world_.now() + 2s);
        const auto level = [this] { return is_level(); };
        if (!world_.run_until(world_.now() + level_max, level)) return differences();
        if (auto different = differences(); !different.empty()) return different;
        if (!away_) return {};
        away_->start();
        away_ = nullptr;
        world_.run_until(world_.now() + 100ms);
        world_.run_until(world_.now() + level_max, level);
        return differences();
    }

    bool is_level() const {
        Node* first = nullptr;
        for (const auto& node : nodes_) {
            if (!node->alive()) continue;
            if (!first) first = node.get();
            const auto here = first->progress().ledger()->applied();
            const auto there = node->progress().ledger()->applied();
            if (!model::covers(here, there) || !model::covers(there, here)) return false;
        }
        return true;
    }

    std::vector<store::Store*> stores() const {
        std::vector<store::Store*> all;
        for (const auto& node : nodes_) {
            if (node->alive()) all.push_back(&node->store());
        }
        return all;
    }

    // While one is away, a row that its answer brought to another may be ahead of that one's log:
    // the change itself comes when its origin does.
    std::string text_of(const std::vector<store::StoredRow>& rows) const {
        std::string text;
        for (const store::StoredRow& stored : rows) {
            if (away_ && oracle_.brought(stored.row.ref())) continue;
            model::append_row_json(text, schema_[stored.row.resource], stored.row);
            text += '\n';
        }
        return text;
    }

    static std::string first_difference(const std::string& here, const std::string& there) {
        const auto apart = std::mismatch(here.begin(), here.end(), there.begin(), there.end());
        const auto line_at = [](const std::string& text, std::ptrdiff_t at) {
            const std::size_t begin = text.rfind('\n', static_cast<std::size_t>(at)) + 1;
            return text.substr(begin, text.find('\n', begin) - begin);
        };
        const std::ptrdiff_t at = apart.first - here.begin() - 1;
        return "    " + line_at(here, at) + "\n    " + line_at(there, at);
    }

    // Positions, running hashes, rows, and the digests both as kept and as they ought to be.
    std::vector<std::string> differences() const {
        std::vector<std::string> found;
        const auto all = stores();
        const store::Ledger ledger = ledger_of(*all.front());
        const std::string rows = text_of(rows_of(*all.front(), schema_));
        for (store::Store* store : all) {
            const store::Ledger other = ledger_of(*store);
            const std::string pair = ledger.self + " and " + other.self;
            if (marks_of(other) != marks_of(ledger)) {
                found.push_back(
                    pair + " stand at different positions: " + model::to_text(ledger.received()) +
                    " and " + model::to_text(other.received()));
            }
            if (const std::string others = text_of(rows_of(*store, schema_)); others != rows) {
                found.push_back(pair + " hold different rows:\n" + first_difference(rows, others));
            }
            if (other.digests != digests_of(*store)) {
                found.push_back(other.self + "'s digests are not those of its rows");
            }
        }
        return found;
    }

    // Of those that wrote anything.
    static std::map<model::OriginId, store::OriginMark> marks_of(const store::Ledger& ledger) {
        std::map<model::OriginId, store::OriginMark> marks;
        for (const auto& [origin, mark] : ledger.origins) {
            if (mark.received > 0) marks.emplace(origin, mark);
        }
        return marks;
    }

    std::map<model::ResourceId, store::Digest> digests_of(store::Store& store) const {
        std::map<model::ResourceId, store::Digest> digests;
        for (const model::Resource& resource : schema_.resources)
            digests[resource.id];
        for (const store::StoredRow& stored : rows_of(store, schema_)) {
            const std::size_t bucket =
                hash_of(model::to_text(stored.row.key)).low % store::digest_buckets;
            store::Digest& digest = digests[stored.row.resource];
            digest.buckets[bucket] += model::row_hash(schema_[stored.row.resource], stored.row);
            if (stored.row.alive()) ++digest.rows;
        }
        return digests;
    }

    World world_;
    const bool restores_;  // stores come back as they were
    const bool forgets_;   // also with what is nowhere else
    const model::Schema& schema_;
    const std::vector<std::string> names_;
    const commit::Rows seed_;
    Oracle oracle_;
    Network network_;
    std::unique_ptr<Queues> queues_;  // absent where changes go from node to node
    std::vector<std::unique_ptr<Node>> nodes_;
    std::unique_ptr<Clients> clients_;
    Nanoseconds calm_{0};
    Node* away_ = nullptr;  // stays dead until the others are level
};

}  // namespace

Outcome simulate(const Options& options) {
    Simulation simulation{options};
    return simulation.run();
}

Outcome simulate_twice(const Options& options) {
    Outcome first = simulate(options);
    Options quietly = options;
    quietly.verbose = false;
    const Outcome second = simulate(quietly);
    if (first.trace != second.trace) {
        first.failures.emplace_back("the same seed took another course the second time");
    }
    return first;
}

}  // namespace reef::simulation
