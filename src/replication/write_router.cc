#include "replication/write_router.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>

#include "base/async_mutex.hpp"
#include "base/fault.hpp"
#include "base/log.hpp"
#include "base/text/json.hpp"
#include "peers/forward.hpp"
#include "peers/record.hpp"
#include "replication/in_stead.hpp"

namespace reef::replication {

using namespace model;

namespace {

constexpr std::chrono::milliseconds retry_min{20};
constexpr std::chrono::milliseconds retry_max{200};

Outcome has_not_answered(const std::string& home) {
    return Refused{Refusal::home_unreachable,
                   home +
                       " has not answered in time. The write may have taken effect: repeat it "
                       "with the same request id",
                   "", std::nullopt};
}

}  // namespace

// Lets one forwarded write at a time go to a record, so that the next one is compared with the row
// that the one before it left. On the calls' executor.
class WriteRouter::Turns {
public:
    std::shared_ptr<AsyncMutex> of(const RecordRef& ref) {
        std::erase_if(mutexes_, [](const auto& known) { return known.second.expired(); });
        std::weak_ptr<AsyncMutex>& known = mutexes_[ref];
        auto mutex = known.lock();
        if (!mutex) known = mutex = std::make_shared<AsyncMutex>();
        return mutex;
    }

private:
    std::map<RecordRef, std::weak_ptr<AsyncMutex>> mutexes_;  // as long as somebody wants one
};

WriteRouter::WriteRouter(WriteRouterParts parts, const peers::PeerCallsByName& calls,
                         WriteTimeouts timeouts)
    : parts_(std::move(parts)),
      timeouts_(timeouts),
      calls_(calls),
      turns_(std::make_unique<Turns>()) {}

WriteRouter::~WriteRouter() = default;

// A request without an id gets one, since two effects of one request could not be told from two
// requests. A request without an attempt gets one too: if the home's answer is lost, this node's
// second try must not look like a client's repeat.
void WriteRouter::name_request(Intent& intent) {
    model::RequestMark& request = intent.request;
    if (!request.ids.empty() && !request.attempt.empty()) return;
    const std::string name =
        "forward-" + std::to_string(parts_.random) + '-' + std::to_string(++requests_named_);
    if (request.attempt.empty()) request.attempt = name;
    if (request.ids.empty()) request.ids.push_back({RequestKind::attempt, name});
}

// A key that was taken back stands for another one, which may have been taken back too.
Task<Outcome> WriteRouter::submit(Intent intent) {
    for (int hops = 0;; ++hops) {
        Result<Outcome> outcome = co_await submit_here_or_home(intent, timeouts_.behind);
        const auto* refused = outcome ? std::get_if<Refused>(&*outcome) : nullptr;
        if (!refused || !refused->superseded_by || hops == model::superseded_hops_max)
            co_return outcome;
        intent.key = *refused->superseded_by;
    }
}

Task<Outcome> WriteRouter::submit_here_or_home(Intent intent, std::chrono::milliseconds behind) {
    ValueClaims::Writing writing{parts_.claims};
    Result<Outcome> outcome = co_await submit_as(writing, std::move(intent), behind);
    const auto code = outcome ? Errc::not_found : outcome.error().code;
    if (code == Errc::outcome_unknown || code == Errc::closed) writing.may_have_written();
    co_return outcome;
}

// Who decides is asked anew after each try: the committer knows best who is there by then.
Task<Outcome> WriteRouter::submit_as(ValueClaims::Writing& writing, Intent intent,
                                     std::chrono::milliseconds behind) {
    const auto until = parts_.clock.steady() + std::chrono::nanoseconds{timeouts_.carried};
    co_await wait_for_in_stead(parts_.peers, parts_.progress, timeouts_.in_stead);
    intent.claims = parts_.claims.those_of_silent_homes(intent);
    for (auto pause = retry_min;; pause = std::min(2 * pause, retry_max)) {
        Result<Outcome> outcome = co_await submit_when_caught_up(intent, behind);
        const auto* accepted = outcome ? std::get_if<Accepted>(&*outcome) : nullptr;
        if (accepted && !accepted->in_stead.empty())
            parts_.peers.wrote_in_stead(accepted->in_stead, accepted->stamp.dot);
        if (const auto* sent = outcome ? std::get_if<ForwardHome>(&*outcome) : nullptr) {
            const std::string home = sent->home;
            outcome = co_await carry(intent, until);
            const bool lost = !outcome && outcome.error().code != Errc::overloaded;
            const bool cannot = lost && outcome.error().code == Errc::rejected;
            if (cannot) intent.passed.push_back(home);  // somebody else decides
            if (lost && !cannot && until - parts_.clock.steady() < pause)
                co_return has_not_answered(home);
            // Its connection ended, or it is about to be ready, or is silent by now.
            if (lost && !cannot && parts_.peers.silent_in(home) > std::chrono::nanoseconds{}) {
                Result<void> slept = co_await parts_.clock.sleep(pause);
                if (!slept) co_return slept.error();
            }
            if (lost) continue;
        }
        const auto* unclaimed = outcome ? std::get_if<Unclaimed>(&*outcome) : nullptr;
        if (!unclaimed) co_return outcome;
        const Unclaimed wanted = *unclaimed;
        auto refused = co_await claim(writing, intent, wanted, until);
        if (!refused) co_return refused.error();
        if (*refused) co_return Outcome{std::move(**refused)};
    }
}

Task<Outcome> WriteRouter::carry(Intent& intent, std::chrono::nanoseconds until) {
    name_request(intent);
    // The calls and the turns live on one thread: go there and come back.
    auto on_its_thread =
        asio::co_spawn(parts_.executor, forward(intent, until), asio::use_awaitable);
    Result<Outcome> outcome = co_await std::move(on_its_thread);
    co_return outcome;
}

// Notes in the intent what the value's home has said; refused: it can't be asked, or not now.
Task<std::optional<Refused>> WriteRouter::claim(ValueClaims::Writing& writing, Intent& intent,
                                                const Unclaimed& wanted,
                                                std::chrono::nanoseconds until) {
    name_request(intent);
    auto answer = co_await parts_.claims.claim(wanted, intent, writing.number(), until);
    const Resource& resource = parts_.schema[intent.resource];
    const std::string& field = resource.fields[wanted.value.field].name;
    const bool late = parts_.clock.steady() + retry_min >= until;
    const bool unasked = answer && !answer->in_stead.empty();
    if (late || (unasked && resource.home_down == HomeDown::reject)) {
        std::string detail =
            "whether this " + field + " is free is for " + wanted.home + " to say, which can't now";
        if (!answer) detail += ": " + answer.error().what;
        detail += ". Nothing was written: try again soon";
        std::string pointer;
        append_pointer_part(pointer, field);
        co_return std::optional{Refused{Refusal::home_unreachable, std::move(detail),
                                        std::move(pointer), std::nullopt}};
    }
    // It may be the request's own record, made through another node, that is still on its way here.
    if (answer && answer->taken_by) {
        const auto left = std::max(until - parts_.clock.steady(), std::chrono::nanoseconds{});
        const auto wait = timeouts_.behind + parts_.peers.round_trip(wanted.home);
        static_cast<void>(co_await parts_.progress.wait_for(answer->have, std::min(left, wait)));
    }
    if (answer) {
        std::erase_if(intent.claims, [&](const auto& one) { return one.value == wanted.value; });
        intent.claims.push_back(std::move(*answer));
        fault_point("claim.granted");
    } else {
        Result<void> slept = co_await parts_.clock.sleep(retry_min);
        if (!slept) co_return slept.error();
    }
    co_return std::optional<Refused>{};
}

Task<Outcome> WriteRouter::submit_forwarded(Intent intent) {
    co_return co_await submit_here_or_home(std::move(intent), timeouts_.behind_at_home);
}

std::chrono::nanoseconds WriteRouter::patience_for(const Result<Outcome>& outcome,
                                                   std::chrono::nanoseconds behind) const {
    const auto* refused = outcome ? std::get_if<Refused>(&*outcome) : nullptr;
    if (!refused || refused->refusal != Refusal::replica_behind) return {};
    return refused->doubtful ? std::min(behind, std::chrono::nanoseconds{timeouts_.doubtful})
                             : behind;
}

// A request that names a state which this store has not reached waits for it. If the state does not
// come at once, a broker may be slow: then peers are asked for this one record.
Task<Outcome> WriteRouter::submit_when_caught_up(Intent intent, std::chrono::nanoseconds wait) {
    const auto begin = parts_.clock.steady();
    const auto ask_at = begin + std::chrono::nanoseconds{timeouts_.ask_after};
    for (bool asked = !intent.key;;) {
        const std::uint64_t seen = parts_.progress.generation();
        Result<Outcome> outcome = co_await parts_.committer.submit(intent);
        const auto now = parts_.clock.steady();
        const auto left = begin + patience_for(outcome, wait) - now;
        if (left <= left.zero()) co_return outcome;
        if (!asked && now >= ask_at) {
            asked = true;
            RecordRef ref{intent.resource, *intent.key};
            auto there = asio::co_spawn(parts_.executor, join_from_peers(std::move(ref)),
                                        asio::use_awaitable);
            Result<void> joined = co_await std::move(there);
            if (joined) continue;
        }
        const auto next = asked ? left : std::min(left, ask_at - now);
        Result<void> waited = co_await parts_.progress.wait_beyond(seen, next);
        const bool stopping = !waited && waited.error().code != Errc::timeout;
        if (stopping) co_return outcome;
    }
}

// Joins the row alone, as with a home's answer. The changes in it arrive later, and change nothing.
Task<void> WriteRouter::join_from_peers(RecordRef ref) {
    commit::Rows rows;
    for (const auto& [name, calls] : calls_) {
        if (!parts_.peers.reachable(name)) continue;
        const auto patience =
            timeouts_.ask + duration_cast<std::chrono::milliseconds>(parts_.peers.round_trip(name));
        auto row =
            co_await peers::record_of_peer(*calls, parts_.schema[ref.resource], ref, patience);
        if (row) rows.rows.push_back(std::move(*row));
    }
    if (rows.rows.empty()) co_return Error{Errc::unavailable, "no peer has it"};
    auto joined = co_await parts_.committer.load(std::move(rows));
    if (!joined) co_return joined.error();
    co_return Result<void>{};
}

Task<Outcome> WriteRouter::forward(Intent intent, std::chrono::nanoseconds until) {
    const RecordRef ref{intent.resource, *intent.key};
    const auto mutex = turns_->of(ref);
    const auto left = std::max(until - parts_.clock.steady(), std::chrono::nanoseconds{});
    const auto turn = co_await mutex->lock(parts_.clock, left);
    if (!turn) co_return Error{Errc::overloaded, "others write to this record"};
    // The row may have moved on while this one waited: ask again what it is compared with.
    Result<Outcome> outcome = co_await submit_when_caught_up(intent, timeouts_.behind);
    if (outcome) {
        if (const auto* still = std::get_if<ForwardHome>(&*outcome)) {
            intent.precondition.compared = still->compared;
            intent.precondition.compared_version = still->version;
            intent.passed.emplace_back(model::node_of(parts_.progress.ledger()->self));
            outcome = co_await call_home(still->home, std::move(intent), until);
        }
    }
    co_return outcome;
}

Task<Outcome> WriteRouter::call_home(std::string home, Intent intent,
                                     std::chrono::nanoseconds until) {
    const auto calls = calls_.find(home);
    if (calls == calls_.end()) co_return Error{Errc::unavailable, home + " has no known address"};
    const auto left = std::max(until - parts_.clock.steady(), std::chrono::nanoseconds{});
    peers::Patience patience{duration_cast<std::chrono::milliseconds>(left)};
    patience.silent_in = [this, home] { return parts_.peers.silent_in(home); };
    auto outcome = co_await peers::forward_write(*calls->second, std::move(home), parts_.schema,
                                                 intent, std::move(patience));
    if (!outcome) co_return outcome;
    auto joined = co_await join_answer(*outcome, intent);
    if (!joined) log::warn("Could not join the home's answer", {{"reason", joined.error().what}});
    co_return outcome;
}

// Joins the row and the request id, so that the client reads its own write here. The change itself
// arrives later, and changes nothing.
Task<void> WriteRouter::join_answer(const Outcome& outcome, const Intent& intent) {
    commit::Rows rows;
    const auto add_effect = [&](const Row& row, WriteKind kind, const Stamp& stamp) {
        rows.rows.push_back(row);
        RequestSeen seen;  // what it added to counters is known when the change arrives
        seen.stamp = stamp;
        seen.record = row.ref();
        seen.kind = kind;
        seen.attempt = intent.request.attempt;
        seen.body = intent.request.body;
        for (const RequestId& id : intent.request.ids)
            rows.requests.emplace_back(id, seen);
    };
    if (const auto* accepted = std::get_if<Accepted>(&outcome)) {
        add_effect(accepted->row, accepted->kind, accepted->stamp);
    } else if (const auto* replayed = std::get_if<Replayed>(&outcome)) {
        add_effect(*replayed->row, replayed->seen.kind, replayed->seen.stamp);
    } else {
        const auto& refused = std::get<Refused>(outcome);
        if (refused.current) rows.rows.push_back(*refused.current);
    }
    if (rows.rows.empty()) co_return Result<void>{};
    auto joined = co_await parts_.committer.load(std::move(rows));
    if (!joined) co_return joined.error();
    co_return Result<void>{};
}

Task<std::size_t> WriteRouter::wait_for_peers(Dot dot, std::size_t wanted,
                                              std::chrono::milliseconds timeout) {
    const auto until = parts_.clock.steady() + std::chrono::nanoseconds{timeout};
    for (;;) {
        const std::uint64_t seen = parts_.peers.watch().generation();
        const std::size_t have = parts_.peers.have_applied(dot);
        const auto left = until - parts_.clock.steady();
        if (have >= wanted || left <= left.zero()) co_return have;
        Result<void> waited = co_await parts_.peers.watch().wait_beyond(seen, left);
        if (!waited && waited.error().code != Errc::timeout) co_return waited.error();
    }
}

}  // namespace reef::replication
