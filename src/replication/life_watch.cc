#include "replication/life_watch.hpp"

#include "base/log.hpp"

namespace reef::replication {

using namespace model;

asio::awaitable<void> LifeWatch::compare(std::string peer, peers::Heartbeat heartbeat) {
    const OriginId self = parts_.progress.ledger()->self;
    Dot known{self, seq_in(heartbeat.received, self)};
    co_await saw_own(std::move(known), peer);
    if (heartbeat.ended && heartbeat.ended->contains(self))
        parts_.suspect(peer + " says that this store's life, " + self + ", has ended");
    for (const auto& [origin, there] : heartbeat.hashes) {
        const Dot dot{origin, seq_in(heartbeat.received, origin)};
        std::uint64_t& last = compared_[{peer, origin}];
        if (dot.seq == 0 || dot.seq == last) continue;
        Dot asked = dot;
        const auto here = co_await hash_at(std::move(asked));
        if (!here || !*here) continue;
        last = dot.seq;
        if (**here == there) continue;
        report_fork(peer, dot);
        if (origin == self) {
            parts_.suspect(peer + " holds another " + to_text(dot) + " than this store");
        }
    }
}

// What this process has heard of may be older than what another process of the node has committed.
asio::awaitable<void> LifeWatch::saw_own(Dot dot, std::string source) {
    const auto ledger = parts_.progress.ledger();
    if (dot.origin != ledger->self || dot.seq <= ledger->seq()) co_return;
    const auto now = co_await parts_.ledgers.ledger();
    if (!now || now->self != dot.origin || dot.seq <= now->seq()) co_return;
    parts_.suspect(source + " has " + to_text(dot) + ", and this store ends at " +
                   std::to_string(now->seq()));
}

// Absent: the log does not hold it, or not yet.
Task<std::optional<Hash128>> LifeWatch::hash_at(Dot dot) const {
    const auto ledger = parts_.progress.ledger();
    const auto mark = ledger->origins.find(dot.origin);
    if (mark == ledger->origins.end() || mark->second.received < dot.seq) co_return std::nullopt;
    if (mark->second.received == dot.seq) {
        const bool is_known = mark->second.hash != Hash128{};
        co_return is_known ? std::optional{mark->second.hash} : std::nullopt;
    }
    auto entry = co_await parts_.log.change(std::move(dot));
    if (!entry) co_return entry.error();
    co_return *entry ? std::optional{(*entry)->hash} : std::nullopt;
}

void LifeWatch::report_fork(const std::string& peer, const Dot& dot) {
    parts_.peers.alert(peer, peers::fork, true);
    const bool fresh = forked_.insert_or_assign({peer, dot.origin}, dot.seq).second;
    if (!fresh) return;
    log::error("A fork: a peer has another content of this log than this node",
               {{"peer", peer}, {"change", to_text(dot)}});
}

}  // namespace reef::replication
