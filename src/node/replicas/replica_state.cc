#include "node/replicas/replica_state.hpp"

#include <algorithm>
#include <array>

#include "base/log.hpp"

namespace reef::node {

using namespace std::chrono_literals;

namespace {

// A row that the database refuses is tried again after so long; then once a minute.
constexpr std::array<std::chrono::nanoseconds, 3> retry_after{1s, 2s, 4s};
constexpr std::chrono::nanoseconds retry_late = 60s;
constexpr std::chrono::nanoseconds reads_pause = 1s;

double in_seconds(std::chrono::nanoseconds duration) {
    return std::chrono::duration<double>(duration).count();
}

// By position and by the sums of the rows.
void compare(api::ReplicaReport& report, const store::Ledger& primary,
             const store::Ledger& replica) {
    for (const auto& [origin, mark] : primary.origins) {
        const auto known = replica.origins.find(origin);
        const std::uint64_t here = known == replica.origins.end() ? 0 : known->second.received;
        report.pending += mark.received - std::min(mark.received, here);
    }
    report.equal = report.pending == 0;
    static const store::Digest none;
    for (const auto& [resource, there] : primary.digests) {
        const auto known = replica.digests.find(resource);
        const store::Digest& here = known == replica.digests.end() ? none : known->second;
        report.equal = report.equal && here == there;
        report.records += here.rows;
    }
}

}  // namespace

bool has_all(const store::Ledger& ledger, const model::Position& wanted) {
    return std::all_of(wanted.begin(), wanted.end(), [&ledger](const auto& named) {
        const auto mark = ledger.origins.find(named.first);
        return (mark == ledger.origins.end() ? 0 : mark->second.received) >= named.second;
    });
}

ReplicaState::ReplicaState(std::string name, Clock& clock)
    : name_(std::move(name)), clock_(clock), watch_(clock), behind_since_(clock.steady().count()) {}

void ReplicaState::judge() {
    sound_ = phase_ == Phase::following && refusals_.empty() && rests_until_.empty();
}

void ReplicaState::begin(Phase phase) {
    {
        const std::lock_guard lock{mutex_};
        if (phase_ != Phase::away || phase != Phase::opening) phase_ = phase;
        judge();
    }
    watch_.notify();
}

void ReplicaState::begin_anew() {
    {
        const std::lock_guard lock{mutex_};
        phase_ = Phase::opening;
        trouble_.clear();
        judge();
    }
    watch_.notify();
}

void ReplicaState::advance(const store::Ledger& ledger) {
    auto next = std::make_shared<const store::Ledger>(ledger);
    {
        const std::lock_guard lock{mutex_};
        ledger_ = std::move(next);
        if (!rests_until_.empty() && has_all(*ledger_, rests_until_)) rests_until_.clear();
        judge();
    }
    watch_.notify();
}

void ReplicaState::primary_committed() {
    std::int64_t level = 0;
    behind_since_.compare_exchange_strong(level, clock_.steady().count());
}

void ReplicaState::reached(std::chrono::nanoseconds moment, bool level) {
    behind_since_ = level ? 0 : moment.count();
    bool is_back = false;
    {
        const std::lock_guard lock{mutex_};
        is_back = phase_ != Phase::following;
        phase_ = Phase::following;
        trouble_.clear();
        judge();
    }
    const bool was_behind = told_behind_.exchange(false);
    if (is_back || was_behind) log::info("A replica takes reads", {{"replica", name_}});
}

void ReplicaState::failed(const Error& error) {
    bool is_new = false;
    {
        const std::lock_guard lock{mutex_};
        is_new = trouble_.empty();
        phase_ = Phase::away;
        trouble_ = error.what;
        judge();
    }
    if (is_new) {
        log::warn("A replica takes no reads until it is back",
                  {{"replica", name_}, {"error", error.what}});
    }
    watch_.notify();
}

void ReplicaState::read_failed(const Error& error) {
    const std::int64_t now = clock_.steady().count();
    const std::int64_t until = no_reads_until_.exchange(now + reads_pause.count());
    if (now - until < reads_pause.count()) return;
    log::warn("A replica did not answer a read: the primary did",
              {{"replica", name_}, {"error", error.what}});
}

void ReplicaState::passed_over(std::chrono::nanoseconds age) {
    if (told_behind_.exchange(true)) return;
    log::warn("A replica takes no reads: it is too far behind",
              {{"replica", name_}, {"seconds", in_seconds(age)}});
}

void ReplicaState::rest_until(const model::Dot& has) {
    const std::lock_guard lock{mutex_};
    const model::Position wanted{{has.origin, has.seq}};
    if (ledger_ && has_all(*ledger_, wanted)) return;
    std::uint64_t& seq = rests_until_[has.origin];
    seq = std::max(seq, has.seq);
    judge();
}

bool ReplicaState::refused(const model::RecordRef& ref, const std::string& why) {
    std::size_t tries = 0;
    {
        const std::lock_guard lock{mutex_};
        Refusal& refusal = refusals_[ref];
        const bool late = refusal.tries >= retry_after.size();
        refusal.due = clock_.steady() + (late ? retry_late : retry_after[refusal.tries]);
        refusal.why = why;
        tries = ++refusal.tries;
        refused_count_ = refusals_.size();
        judge();
    }
    if (tries > 1) return tries == retry_after.size() + 1;
    log::warn("A replica's database refuses a row: it takes no reads until it has it",
              {{"replica", name_}, {"key", model::to_text(ref.key)}, {"error", why}});
    return false;
}

void ReplicaState::accepted(const model::RecordRef& ref) {
    const std::lock_guard lock{mutex_};
    if (refusals_.erase(ref) == 0) return;
    refused_count_ = refusals_.size();
    judge();
    if (refusals_.empty()) log::info("A replica has all rows again", {{"replica", name_}});
}

void ReplicaState::forget() {
    const std::lock_guard lock{mutex_};
    ledger_.reset();
    refusals_.clear();
    refused_count_ = 0;
    judge();
}

void ReplicaState::filled(std::uint64_t rows, std::uint64_t of) {
    filled_ = rows;
    to_fill_ = std::max(rows, of);
}

bool ReplicaState::takes_reads() const {
    if (!is_sound()) return false;
    const std::int64_t until = no_reads_until_.load(std::memory_order_relaxed);
    return until == 0 || clock_.steady().count() >= until;
}

std::chrono::nanoseconds ReplicaState::age() const {
    const std::int64_t since = behind_since_.load(std::memory_order_acquire);
    if (since == 0) return {};
    return std::max(clock_.steady() - std::chrono::nanoseconds{since}, std::chrono::nanoseconds{0});
}

bool ReplicaState::has(const model::Dot& written) const {
    return has(model::Position{{written.origin, written.seq}});
}

bool ReplicaState::has(const model::Position& wanted) const {
    const auto known = ledger();
    return known && has_all(*known, wanted);
}

std::shared_ptr<const store::Ledger> ReplicaState::ledger() const {
    const std::lock_guard lock{mutex_};
    return ledger_;
}

std::vector<model::RecordRef> ReplicaState::due_refusals() {
    std::vector<model::RecordRef> due;
    const std::lock_guard lock{mutex_};
    for (const auto& [ref, refusal] : refusals_) {
        if (clock_.steady() >= refusal.due) due.push_back(ref);
    }
    return due;
}

std::chrono::nanoseconds ReplicaState::next_refusal() const {
    const std::lock_guard lock{mutex_};
    std::chrono::nanoseconds next = retry_late;
    for (const auto& [ref, refusal] : refusals_)
        next = std::min(next, refusal.due - clock_.steady());
    return std::max<std::chrono::nanoseconds>(next, 1ms);
}

api::ReplicaReport ReplicaState::report(const store::Ledger& primary,
                                        std::chrono::nanoseconds age_max) const {
    api::ReplicaReport report;
    report.name = name_;
    report.takes_reads = takes_reads() && age() <= age_max;
    report.lag_seconds = in_seconds(age());
    report.reads = reads_;
    report.fills = fills_;
    const std::lock_guard lock{mutex_};
    if (ledger_) compare(report, primary, *ledger_);
    report.trouble = trouble_;
    report.refused = refusals_.size();
    if (!refusals_.empty()) report.trouble = refusals_.begin()->second.why;
    if (phase_ == Phase::filling || phase_ == Phase::opening) {
        report.filled = filled_;
        report.to_fill = to_fill_;
    }
    report.state = phase_ == Phase::away        ? "away"
                   : phase_ != Phase::following ? "filling"
                   : !refusals_.empty()         ? "lacks rows"
                   : !rests_until_.empty()      ? "resting"
                   : report.takes_reads         ? "ok"
                                                : "behind";
    return report;
}

}  // namespace reef::node
