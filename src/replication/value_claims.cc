#include "replication/value_claims.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <mutex>
#include <set>

#include "replication/in_stead.hpp"

namespace reef::replication {

using namespace model;

namespace {

constexpr std::chrono::milliseconds look_again{50};

Error not_now(std::string why) {
    return {Errc::unavailable, std::move(why)};
}

}  // namespace

struct ValueClaims::Writes {
    std::mutex mutex;  // guards what follows
    std::uint64_t last_number = 0;
    std::set<std::uint64_t> not_done;
};

ValueClaims::ValueClaims(ValueClaimParts parts, const peers::PeerCallsByName& calls,
                         ValueClaimTimeouts timeouts)
    : parts_(std::move(parts)),
      calls_(calls),
      timeouts_(timeouts),
      writes_(std::make_shared<Writes>()) {}

ValueClaims::Writing::~Writing() {
    if (number_ == 0 || unknown_) return;
    const std::lock_guard lock{writes_->mutex};
    writes_->not_done.erase(number_);
}

std::uint64_t ValueClaims::Writing::number() {
    if (number_ != 0) return number_;
    const std::lock_guard lock{writes_->mutex};
    number_ = ++writes_->last_number;
    writes_->not_done.insert(number_);
    return number_;
}

// What a run before this one wrote is in the store, too.
peers::ClaimantState ValueClaims::state_of(const Claimant& claimant) const {
    {
        const std::lock_guard lock{writes_->mutex};
        const bool ours = claimant.run == parts_.run;
        if (ours && writes_->not_done.contains(claimant.number)) return std::nullopt;
    }
    const auto ledger = parts_.progress.ledger();
    return Position{{ledger->self, ledger->seq()}};
}

std::chrono::nanoseconds ValueClaims::left_until(std::chrono::nanoseconds until) const {
    return std::max(until - parts_.clock.steady(), std::chrono::nanoseconds{});
}

peers::Patience ValueClaims::patience_with(const std::string& node,
                                           std::chrono::nanoseconds left) const {
    peers::Patience patience{duration_cast<std::chrono::milliseconds>(left)};
    patience.silent_in = [&peers = parts_.peers, node] { return peers.silent_in(node); };
    return patience;
}

// ---- at the node that decides the write --------------------------------------------------------

// A home that is silent is not asked, nor one of a version that knows no claims: then the write is
// decided in its stead.
Task<ClaimAnswer> ValueClaims::claim(const Unclaimed& wanted, const Intent& intent,
                                     std::uint64_t number, std::chrono::nanoseconds until) {
    peers::ClaimRequest request;
    request.value = wanted.value;
    request.key = intent.key;
    request.requests = hashes_of(intent.request.ids);
    request.claimant = {parts_.node, parts_.run, number};
    request.home = wanted.home;
    request.members = parts_.members;
    if (wanted.home_is_behind) request.after = parts_.progress.ledger()->applied();
    if (wanted.home == parts_.node) co_return co_await grant_here(std::move(request), until);
    ClaimAnswer in_stead{wanted.value, {}, {}, wanted.home};
    const Decider through = parts_.peers.decider(wanted.home, {parts_.node});
    if (!through.in_stead.empty()) co_return in_stead;
    request.passed_on = through.node != wanted.home;
    auto answer = co_await ask(through.node, std::move(request), until);
    if (!answer && answer.error().code == Errc::not_found) co_return in_stead;
    co_return answer;
}

std::vector<ClaimAnswer> ValueClaims::those_of_silent_homes(const Intent& intent) const {
    std::vector<ClaimAnswer> answers;
    const Resource& resource = parts_.schema[intent.resource];
    const bool is_new = intent.kind == WriteKind::create && !intent.key;
    if (!is_new || resource.home_down == HomeDown::reject) return answers;
    for (const auto& [id, value] : intent.fields) {
        if (!resource.fields[id].unique_at_home || is_null(value)) continue;
        FieldRef ref{resource.id, id, value};
        std::string home = home_of_value(parts_.schema, ref, parts_.members);
        if (home.empty() || home == parts_.node) continue;
        if (parts_.peers.decider(home, {parts_.node}).in_stead.empty()) continue;
        answers.push_back({std::move(ref), {}, {}, std::move(home)});
    }
    return answers;
}

Task<ClaimAnswer> ValueClaims::ask(std::string node, peers::ClaimRequest request,
                                   std::chrono::nanoseconds until) {
    const auto calls = calls_.find(node);
    if (calls == calls_.end()) co_return not_now(node + " has no known address");
    // The calls live on one thread: go there and come back.
    auto there = asio::co_spawn(parts_.executor,
                                peers::claim_value(*calls->second, parts_.schema, request,
                                                   patience_with(node, left_until(until))),
                                asio::use_awaitable);
    auto answer = co_await std::move(there);
    if (!answer && answer.error().code != Errc::not_found)
        co_return not_now(node + ": " + answer.error().what);
    co_return answer;
}

// ---- at the value's home -----------------------------------------------------------------------

Task<ClaimAnswer> ValueClaims::grant(peers::ClaimRequest request) {
    const auto until = parts_.clock.steady() + std::chrono::nanoseconds{timeouts_.grant};
    const std::string home = home_of_value(parts_.schema, request.value, parts_.members);
    if (home != request.home) {
        co_return not_now(request.home + " does not keep this value in the app of " + parts_.node +
                          ", which has other nodes");
    }
    if (home == parts_.node) co_return co_await grant_here(std::move(request), until);
    if (!request.passed_on) co_return not_now("this is not " + home);
    request.passed_on = false;
    co_return co_await ask(home, std::move(request), until);
}

Task<ClaimAnswer> ValueClaims::grant_here(peers::ClaimRequest request,
                                          std::chrono::nanoseconds until) {
    co_await wait_for_in_stead(parts_.peers, parts_.progress, timeouts_.in_stead);
    auto there = co_await parts_.progress.wait_for(request.after, left_until(until));
    if (!there) co_return not_now("this node has not heard yet what the other one knows");
    commit::ValueClaim wanted{request.value, request.key, request.requests, request.claimant, {}};
    for (;;) {
        const std::uint64_t seen = parts_.progress.generation();
        auto claimed = co_await parts_.committer.claim(wanted);
        if (!claimed) co_return claimed.error();
        if (!claimed->open) co_return std::move(claimed->answer);
        auto done = co_await those_done(*claimed->open, until);
        if (!done) co_return done.error();
        wanted.ended = std::move(*done);
        if (!wanted.ended.empty()) continue;
        const auto left = left_until(until);
        if (left <= left.zero())
            co_return not_now("another write has claimed this value, and is not done");
        const auto pause = std::min<std::chrono::nanoseconds>(left, look_again);
        static_cast<void>(co_await parts_.progress.wait_beyond(seen, pause));
    }
}

// Of those who hold the claim: who will not write any more, and what they wrote is here.
Task<std::vector<Claimant>> ValueClaims::those_done(Claim open, std::chrono::nanoseconds until) {
    std::vector<Claimant> done;
    for (const Claimant& claimant : open.claimants) {
        auto state = co_await ask_claimant(claimant, until);
        if (!state) {
            co_return not_now("a write through " + claimant.node +
                              " has claimed this value, and that node does not say whether it is "
                              "done: " +
                              state.error().what);
        }
        if (!*state) continue;
        auto there = co_await parts_.progress.wait_for(std::move(**state), left_until(until));
        if (there) done.push_back(claimant);
    }
    co_return done;
}

Task<peers::ClaimantState> ValueClaims::ask_claimant(Claimant claimant,
                                                     std::chrono::nanoseconds until) {
    if (claimant.node == parts_.node) co_return state_of(claimant);
    const auto calls = calls_.find(claimant.node);
    if (calls == calls_.end()) co_return not_now("it has no known address");
    const auto patience = std::min<std::chrono::nanoseconds>(
        left_until(until), timeouts_.ask + parts_.peers.round_trip(claimant.node));
    auto there = asio::co_spawn(
        parts_.executor,
        peers::state_of_claimant(*calls->second, claimant, patience_with(claimant.node, patience)),
        asio::use_awaitable);
    auto state = co_await std::move(there);
    co_return state;
}

}  // namespace reef::replication
