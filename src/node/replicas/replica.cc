#include "node/replicas/replica.hpp"

#include <algorithm>

#include "base/log.hpp"
#include "node/replicas/replica_feed.hpp"
#include "node/replicas/replica_store.hpp"
#include "node/store.hpp"

namespace reef::node {

using namespace std::chrono_literals;

namespace {

constexpr std::chrono::nanoseconds pause_first = 50ms;
constexpr std::chrono::nanoseconds pause_max = 2s;
// After so many failures in a row its store is opened again: somebody may have made it anew.
constexpr int failures_max = 5;
// How often it looks by itself whether the sums agree.
constexpr std::chrono::nanoseconds look_again = 1s;
constexpr std::chrono::nanoseconds readers_look = 2ms;

std::chrono::nanoseconds next_pause(std::chrono::nanoseconds pause) {
    return std::min(std::max(2 * pause, pause_first), pause_max);
}

}  // namespace

Replica::Replica(const model::Schema& schema, Database& primary, Clock& clock,
                 ReplicaOptions options)
    : schema_(schema),
      primary_(primary),
      clock_(clock),
      options_(std::move(options)),
      state_(options_.name, clock),
      wake_(clock),
      reset_wanted_(options_.store.fresh),
      worker_(options_.name),
      tasks_(worker_.context().get_executor()) {}

Replica::~Replica() {
    stop();
}

void Replica::start() {
    if (std::exchange(running_, true)) return;
    tasks_.start("replica", run());
    worker_.start();
}

void Replica::stop() {
    if (!std::exchange(running_, false)) return;
    asio::co_spawn(worker_.context(), tasks_.end(), asio::use_future).get();
    worker_.stop();
    if (const auto left = opened()) left->database->stop();
}

void Replica::reset() {
    reset_wanted_ = true;
    state_.begin_anew();
    wake_.notify();
    primary_.progress().watch().notify();
}

std::shared_ptr<OpenReplica> Replica::opened() const {
    const std::lock_guard lock{mutex_};
    return open_;
}

asio::awaitable<void> Replica::run() {
    std::chrono::nanoseconds length{};
    for (;;) {
        const bool fresh = reset_wanted_;
        const Result<void> done = open(fresh);
        if (!done && fresh == reset_wanted_) state_.failed(done.error());
        if (done) {
            length = {};
            co_await feed();
        }
        co_await close();
        length = next_pause(length);
        co_await pause(length);
    }
}

// Blocks this thread, which is this replica's own.
Result<void> Replica::open(bool fresh) {
    store::StoreOptions options = options_.store;
    options.fresh = fresh;
    options.incarnation = random_name();
    state_.begin(Phase::opening);
    broken_ = false;
    auto store = options.url.empty() ? store::open_sqlite(schema_, options)
                                     : store::open_postgres(schema_, options);
    if (!store) {
        const bool foreign = store.error().code == Errc::invalid;
        const std::string remedy = foreign ? " (atoll reset-replicas replaces it)" : "";
        return Error{store.error().code, store.error().what + remedy};
    }
    if (fresh) {
        log::info("Makes a replica anew", {{"replica", options_.name}});
        reset_wanted_ = false;
        state_.forget();
    }
    auto ledger = ledger_of(**store);
    if (!ledger) return ledger.error();
    ReplicaStoreOptions kept{.keeps_requests = options_.keeps_requests,
                             .refused =
                                 [this](const model::RecordRef& ref, const std::string& why) {
                                     if (state_.refused(ref, why))
                                         options_.refused(ref, options_.name + ": " + why);
                                 },
                             .has_refused = [this] { return state_.has_refused(); },
                             .saved = [this](const model::RecordRef& ref) { state_.accepted(ref); },
                             .broken = broken_};
    state_.advance(*ledger);
    DatabaseParts parts{schema_, make_replica_store(std::move(*store), std::move(kept)),
                        std::move(*ledger), clock_};
    parts.committed = [this](const store::Ledger& now) { state_.advance(now); };
    auto opened = std::make_shared<OpenReplica>();
    opened->database = std::make_unique<Database>(std::move(parts), options_.commit);
    opened->database->start([](const auto&) {});
    const std::lock_guard lock{mutex_};
    open_ = std::move(opened);
    ++openings_;
    return {};
}

// Until its store must be opened again.
asio::awaitable<void> Replica::feed() {
    const auto open = opened();
    Database& database = *open->database;
    const auto reader = primary_.open_reader(worker_.context().get_executor());
    ReplicaFeed feed{{schema_, primary_.progress(), *reader, database.committer(),
                      database.progress(), state_, clock_, options_.of}};
    std::chrono::nanoseconds length{};
    for (int failures = 0; failures < failures_max && !broken_ && !reset_wanted_;) {
        const std::uint64_t seen = primary_.progress().generation();
        const auto level = co_await feed.catch_up();
        if (level && *level) {
            failures = 0;
            length = {};
            const auto next = std::min(look_again, state_.next_refusal());
            static_cast<void>(co_await primary_.progress().watch().wait_beyond(seen, next));
            continue;
        }
        // While the primary's store is away, nobody writes: the replica goes on answering.
        if (!level && !reset_wanted_) {
            const bool other = level.error().code == Errc::invalid;
            const std::string remedy = other ? " (atoll reset-replicas fills it anew)" : "";
            state_.failed({level.error().code, level.error().what + remedy});
            ++failures;
        }
        length = next_pause(length);
        co_await pause(length);
    }
}

// Nobody has it open when it is opened again: SQLite's files are not to be exchanged under a
// reader. It is closed by this thread, since that may wait for the disk.
asio::awaitable<void> Replica::close() {
    const auto open = opened();
    if (!open) co_return;
    open->database->stop();
    {
        const std::lock_guard lock{mutex_};
        open_.reset();
    }
    ++openings_;
    options_.let_go();
    while (open.use_count() > 1) {
        Result<void> slept = co_await clock_.sleep(readers_look);
        if (!slept) co_return;  // stopping
    }
}

asio::awaitable<void> Replica::pause(std::chrono::nanoseconds length) {
    const std::uint64_t seen = wake_.generation();
    if (reset_wanted_) co_return;
    static_cast<void>(co_await wake_.wait_beyond(seen, length));
}

}  // namespace reef::node
