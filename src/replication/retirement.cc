#include "replication/retirement.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/log.hpp"

namespace reef::replication {

using namespace model;

namespace {

// "": nothing stands against saying that it has ended where it is now.
std::string why_not_ended(const OriginId& origin, const store::Ledger& ledger,
                          const std::vector<peers::PeerLives>& peers) {
    const store::OriginMark& here = ledger.origins.at(origin);
    if (here.applied != here.received) return "dead letters here are of it";
    for (const peers::PeerLives& peer : peers) {
        if (!peer.reachable) return peer.name + " is silent";
        if (!peer.ended) return "the version of " + peer.name + " knows nothing of this";
        const std::uint64_t there = seq_in(peer.received, origin);
        if (there > here.received) return peer.name + " has more of it";
        if (seq_in(peer.applied, origin) < here.received) return peer.name + " lacks some of it";
    }
    return "";
}

// "": all have it, and know that it has ended.
std::string why_not_retired(const OriginId& origin, const store::EndedLife& ended,
                            const store::Ledger& ledger,
                            const std::vector<peers::PeerLives>& peers) {
    if (!ledger.is_complete(origin, ended)) return "some of it is not here";
    for (const peers::PeerLives& peer : peers) {
        if (!peer.reachable) return peer.name + " is silent";
        if (!peer.ended) return "the version of " + peer.name + " knows nothing of this";
        const auto said = peer.ended->find(origin);
        if (said == peer.ended->end() || said->second != ended) {
            return peer.name + " does not say that it has all of it";
        }
    }
    return "";
}

bool is_called(const OriginId& origin, std::string_view what) {
    return origin == what || node_of(origin) == what;
}

}  // namespace

asio::awaitable<void> Retirement::run() {
    for (;;) {
        Result<void> slept = co_await parts_.clock.sleep(options_.look);
        if (!slept) co_return;  // stopping
        static_cast<void>(co_await look());
    }
}

// This node's earlier ones; and of nodes that are no members, what people asked for.
bool Retirement::has_ended(const OriginId& origin, const store::Ledger& ledger) const {
    if (origin == ledger.self || origin == base_origin) return false;
    const std::string_view node = node_of(origin);
    if (node == node_of(ledger.self)) return true;
    return !parts_.peers.knows(node) && (asked_.contains(origin) || asked_.contains(node));
}

bool Retirement::is_quiet(const OriginId& origin, std::uint64_t received) {
    if (asked_.contains(origin) || asked_.contains(node_of(origin))) return true;
    const auto now = parts_.clock.steady();
    const auto [known, fresh] = quiet_.try_emplace(origin, Quiet{received, now});
    if (known->second.received != received) known->second = {received, now};
    return now - known->second.since >= options_.quiet;
}

bool Retirement::contradicts(const OriginId& origin, const store::EndedLife& said,
                             const store::Ledger& ledger) const {
    const auto known = ledger.ended(origin);
    if (known) return *known != said;
    if (origin == ledger.self) return true;
    const auto mark = ledger.origins.find(origin);
    if (mark == ledger.origins.end()) return false;
    const store::OriginMark& here = mark->second;
    return here.received > said.last || (here.received == said.last && here.hash != said.hash);
}

// What peers say to have ended.
void Retirement::adopt(const store::Ledger& ledger, const Lives& peers, commit::Rows& next) {
    for (const peers::PeerLives& peer : peers) {
        if (!peer.reachable || !peer.ended) continue;
        for (const auto& [origin, said] : *peer.ended) {
            if (!contradicts(origin, said, ledger)) {
                if (!ledger.ended(origin)) next.ended.emplace(origin, said);
                continue;
            }
            parts_.peers.alert(node_of(origin), peers::fork, true);
            if (told_.insert(origin).second) {
                log::error("A fork: a life of a store has ended elsewhere, but not as it is here",
                           {{"life", origin}, {"peer", peer.name}, {"last", said.last}});
            }
        }
    }
}

Task<void> Retirement::look() {
    if (!parts_.inbox.leads()) co_return Error{Errc::unavailable, "another process does this"};
    const auto ledger = parts_.progress.ledger();
    const Lives peers = parts_.peers.lives();
    commit::Rows next;
    next.under_lease = true;
    adopt(*ledger, peers, next);
    for (const auto& [origin, mark] : ledger->origins) {
        if (ledger->is_retired(origin)) continue;
        const auto ended = ledger->ended(origin);
        if (ended && why_not_retired(origin, *ended, *ledger, peers).empty()) {
            next.retired.push_back(origin);
        }
        if (ended || !has_ended(origin, *ledger) || !is_quiet(origin, mark.received)) continue;
        if (!why_not_ended(origin, *ledger, peers).empty()) continue;
        next.ended.emplace(origin, store::EndedLife{mark.received, mark.hash});
    }
    if (next.ended.empty() && next.retired.empty()) co_return Result<void>{};
    const std::vector<OriginId> retired = next.retired;
    auto saved = co_await parts_.committer.load(std::move(next));
    if (!saved) co_return saved.error();
    for (const OriginId& origin : retired) {
        quiet_.erase(origin);
        log::info("Retired a life of a store", {{"life", origin}});
    }
    co_return Result<void>{};
}

LifeReport Retirement::report(const OriginId& origin, const store::Ledger& ledger,
                              const Lives& peers) const {
    if (ledger.is_retired(origin)) return {origin, true, ""};
    const auto ended = ledger.ended(origin);
    return {origin, false,
            ended ? why_not_retired(origin, *ended, ledger, peers)
                  : why_not_ended(origin, ledger, peers)};
}

Task<std::vector<LifeReport>> Retirement::retire(std::string what) {
    auto there = asio::co_spawn(parts_.executor, retire_here(std::move(what)), asio::use_awaitable);
    co_return co_await std::move(there);
}

Task<std::vector<LifeReport>> Retirement::retire_here(std::string what) {
    const std::string self = parts_.progress.ledger()->self;
    if (what == self) co_return Error{Errc::invalid, what + " is the life that goes on"};
    if (parts_.peers.knows(what) || parts_.peers.knows(node_of(what))) {
        co_return Error{Errc::invalid, "ask its own node which of its lives goes on"};
    }
    asked_.insert(what);
    const auto until = parts_.clock.steady() + std::chrono::nanoseconds{options_.asked_max};
    for (;;) {
        Result<void> looked = co_await look();
        if (!looked) co_return looked.error();
        const auto ledger = parts_.progress.ledger();
        const Lives peers = parts_.peers.lives();
        std::vector<LifeReport> reports;
        for (const auto& [origin, mark] : ledger->origins) {
            if (is_called(origin, what) && has_ended(origin, *ledger))
                reports.push_back(report(origin, *ledger, peers));
        }
        if (reports.empty()) {
            asked_.erase(what);
            co_return Error{Errc::not_found, "no life of " + what + " has ended here"};
        }
        const bool done = std::all_of(reports.begin(), reports.end(),
                                      [](const LifeReport& life) { return life.retired; });
        if (done || parts_.clock.steady() >= until) co_return reports;
        Result<void> slept = co_await parts_.clock.sleep(options_.asked);
        if (!slept) co_return slept.error();
    }
}

}  // namespace reef::replication
