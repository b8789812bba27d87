#include "node/replicas/replicas.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <filesystem>
#include <random>

#include "node/replicas/read_policy.hpp"

namespace reef::node {

namespace {

std::chrono::nanoseconds seconds_of(double seconds) {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(
        std::chrono::duration<double>{seconds});
}

std::uint64_t random_seed() {
    std::random_device device;
    return device();
}

}  // namespace

// ---- all of a node ---------------------------------------------------------------------------

Replicas::Replicas(const config::App& app, const NodeOptions& options, Database& primary,
                   Clock& clock, const commit::CommitOptions& commit, const Refused& refused)
    : how_(app.reads), primary_(primary), clock_(clock) {
    const std::filesystem::path folder{options.data};
    for (const config::Replica& replica : app.replicas_of(options.name)) {
        const std::size_t at = replicas_.size();
        ReplicaOptions made;
        made.name = replica.name;
        made.of = app.name + '/' + options.name;
        made.store.node = replica.name;
        made.store.url = replica.database_url;
        if (made.store.url.empty())
            made.store.file = (folder / app.store_file_of(replica.name)).string();
        made.store.fresh = options.fresh;
        made.store.replica = true;
        made.keeps_requests = app.nodes.size() > 1;
        made.commit = commit;
        made.refused = refused;
        made.let_go = [this, at] { let_go(at); };
        replicas_.push_back(std::make_unique<Replica>(app.schema, primary, clock, std::move(made)));
    }
}

Replicas::~Replicas() {
    stop();
}

void Replicas::start() {
    for (const auto& replica : replicas_)
        replica->start();
}

void Replicas::stop() {
    for (const auto& replica : replicas_)
        replica->stop();
}

void Replicas::primary_committed() {
    for (const auto& replica : replicas_)
        replica->state().primary_committed();
}

std::unique_ptr<ReplicaReads> Replicas::open_reads(asio::any_io_executor on) {
    if (replicas_.empty()) return nullptr;
    auto reads = std::make_unique<ReplicaReads>(*this, std::move(on), random_seed());
    reads_.push_back(reads.get());
    return reads;
}

void Replicas::let_go(std::size_t replica) {
    for (ReplicaReads* reads : reads_)
        reads->let_go(replica);
}

Result<void> Replicas::reset(std::string_view name) {
    bool any = false;
    for (const auto& replica : replicas_) {
        if (!name.empty() && replica->state().name() != name) continue;
        replica->reset();
        any = true;
    }
    if (any) return {};
    return Error{Errc::not_found, name.empty() ? "this node has no replicas"
                                               : "there is no replica " + std::string{name}};
}

std::vector<api::ReplicaReport> Replicas::report() const {
    std::vector<api::ReplicaReport> reports;
    const auto primary = primary_.progress().ledger();
    for (const auto& replica : replicas_)
        reports.push_back(replica->state().report(*primary, seconds_of(how_.lag_max_seconds)));
    return reports;
}

model::Position Replicas::had_by_all() const {
    model::Position position = primary_.progress().ledger()->received();
    for (const auto& replica : replicas_) {
        const auto has = replica->state().ledger();
        if (!has || !replica->state().is_sound()) continue;
        for (auto& [origin, seq] : position) {
            const auto mark = has->origins.find(origin);
            seq = std::min(seq, mark == has->origins.end() ? 0 : mark->second.received);
        }
    }
    return position;
}

// ---- an io thread's --------------------------------------------------------------------------

struct ReplicaReads::Held {
    std::shared_ptr<OpenReplica> open;
    std::unique_ptr<store::Reader> reader;  // ends first
    std::uint64_t opening = 0;
};

struct ReplicaReads::Policy {
    ReadPolicy choice;
    std::vector<Candidate> candidates;
};

ReplicaReads::ReplicaReads(Replicas& replicas, asio::any_io_executor on, std::uint64_t seed)
    : replicas_(replicas),
      executor_(std::move(on)),
      policy_(std::make_unique<Policy>(
          Policy{{replicas.how_.spread, seconds_of(replicas.how_.lag_max_seconds), seed}, {}})),
      held_(replicas.replicas_.size()) {
    policy_->candidates.resize(replicas.replicas_.size());
}

ReplicaReads::~ReplicaReads() = default;

std::optional<api::ReadSource> ReplicaReads::next(const api::ReadNeeds& needs) {
    std::vector<Candidate>& candidates = policy_->candidates;
    const auto age_max = policy_->choice.age_max();
    for (std::size_t i = 0; i < candidates.size(); ++i) {
        ReplicaState& state = replicas_.replicas_[i]->state();
        candidates[i] = {state.takes_reads(), state.age()};
        if (candidates[i].takes_reads && candidates[i].age > age_max)
            state.passed_over(candidates[i].age);
    }
    const auto has = [&](std::size_t at) {
        return needs.position.empty() || replicas_.replicas_[at]->state().has(needs.position);
    };
    const auto chosen = policy_->choice.choose(candidates, needs.staleness_max, has);
    if (!chosen) return std::nullopt;
    ReplicaState& state = replicas_.replicas_[*chosen]->state();
    api::ReadSource source;
    source.rows = reader(*chosen);
    source.shows = state.ledger();
    if (!source.rows || !source.shows) return std::nullopt;
    source.name = state.name();
    source.index = *chosen;
    source.age = candidates[*chosen].age;
    state.count_read();
    return source;
}

std::shared_ptr<store::Reader> ReplicaReads::reader(std::size_t replica) {
    const Replica& from = *replicas_.replicas_[replica];
    std::shared_ptr<Held>& held = held_[replica];
    const std::uint64_t opening = from.openings();
    if (!held || held->opening != opening) {
        held.reset();
        auto made = std::make_shared<Held>();
        made->open = from.opened();
        made->opening = opening;
        if (!made->open) return nullptr;
        try {
            made->reader = made->open->database->open_reader(executor_);
        } catch (const std::runtime_error& error) {
            replicas_.replicas_[replica]->state().read_failed({Errc::unavailable, error.what()});
            return nullptr;
        }
        held = std::move(made);
    }
    return {held, held->reader.get()};
}

std::shared_ptr<store::Reader> ReplicaReads::reader(std::string_view name) {
    for (std::size_t i = 0; i < held_.size(); ++i) {
        if (replicas_.replicas_[i]->state().name() == name) return reader(i);
    }
    return nullptr;
}

void ReplicaReads::let_go(std::size_t replica) {
    asio::post(executor_, [this, replica] { held_[replica].reset(); });
}

void ReplicaReads::failed(const api::ReadSource& source, const Error& error) {
    if (error.code == Errc::invalid) return;
    replicas_.replicas_[source.index]->state().read_failed(error);
}

asio::awaitable<void> ReplicaReads::wait_for(model::Dot written) {
    if (replicas_.how_.spread == config::Spread::primary) co_return;
    const auto until =
        replicas_.clock_.steady() + std::chrono::milliseconds{replicas_.how_.write_waits_ms};
    for (const auto& replica : replicas_.replicas_) {
        ReplicaState& state = replica->state();
        for (;;) {
            const std::uint64_t seen = state.watch().generation();
            if (state.has(written)) break;
            // One that takes no reads now must have the write before it takes any.
            const auto left = until - replicas_.clock_.steady();
            if (left <= left.zero() || !state.is_sound()) {
                state.rest_until(written);
                break;
            }
            static_cast<void>(co_await state.watch().wait_beyond(seen, left));
        }
    }
}

}  // namespace reef::node
