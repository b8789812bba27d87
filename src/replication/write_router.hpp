// Every write of a client passes through here, on a single node too. The router has it decided by
// this node's committer, or carries it to whoever decides: the record's home, a peer that hears the
// home, or, when the home is silent, the node that stands in. As long as the home is proven to be
// there its answer is waited for, however far away it is; what was given up is sent again under the
// same name. A request that has seen more than this store has waits for the store, bounded. From
// any io thread.
#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <string>

#include "commit/committer.hpp"
#include "commit/progress.hpp"
#include "peers/calls.hpp"
#include "peers/peers.hpp"
#include "replication/value_claims.hpp"

namespace reef::replication {

struct WriteTimeouts {
    // All of a write that another node decides about: the gateway gives up a little later.
    std::chrono::milliseconds carried{1300};
    std::chrono::milliseconds behind{400};          // for the store to catch up with the request
    std::chrono::milliseconds behind_at_home{200};  // the same, while the forwarder waits
    std::chrono::milliseconds doubtful{200};        // the same, where it is probably stale
    std::chrono::milliseconds ask_after{20};        // peers for the record, when it is behind …
    std::chrono::milliseconds ask{100};  // … and for each one's answer, beside the round trip
    std::chrono::milliseconds in_stead{300};  // for what others wrote in this node's stead
};

struct WriteRouterParts {
    const model::Schema& schema;
    commit::Committer& committer;
    commit::Progress& progress;
    peers::Peers& peers;
    Clock& clock;
    asio::any_io_executor executor;  // where the calls to peers run
    std::uint64_t random = 0;        // of this start: names requests that have no id
    ValueClaims& claims;
};

class WriteRouter {
public:
    // `calls`: to each peer. They outlive the router.
    WriteRouter(WriteRouterParts parts, const peers::PeerCallsByName& calls,
                WriteTimeouts timeouts = {});
    ~WriteRouter();

    // What Committer::submit says, but never ForwardHome nor Unclaimed.
    Task<model::Outcome> submit(model::Intent intent);

    // A write that a peer carried here: this is its record's home, or knows more of it.
    Task<model::Outcome> submit_forwarded(model::Intent intent);

    // How many peers have applied the write, at the latest after `timeout`; at once when as many
    // as wanted have.
    Task<std::size_t> wait_for_peers(model::Dot dot, std::size_t wanted,
                                     std::chrono::milliseconds timeout);

private:
    class Turns;

    void name_request(model::Intent& intent);
    Task<model::Outcome> submit_here_or_home(model::Intent intent,
                                             std::chrono::milliseconds behind);
    Task<model::Outcome> submit_as(ValueClaims::Writing& writing, model::Intent intent,
                                   std::chrono::milliseconds behind);
    Task<model::Outcome> carry(model::Intent& intent, std::chrono::nanoseconds until);
    Task<std::optional<model::Refused>> claim(ValueClaims::Writing& writing, model::Intent& intent,
                                              const model::Unclaimed& wanted,
                                              std::chrono::nanoseconds until);
    std::chrono::nanoseconds patience_for(const Result<model::Outcome>& outcome,
                                          std::chrono::nanoseconds behind) const;
    Task<model::Outcome> submit_when_caught_up(model::Intent intent, std::chrono::nanoseconds wait);
    Task<model::Outcome> forward(model::Intent intent, std::chrono::nanoseconds until);
    Task<model::Outcome> call_home(std::string home, model::Intent intent,
                                   std::chrono::nanoseconds until);
    Task<void> join_from_peers(model::RecordRef ref);
    Task<void> join_answer(const model::Outcome& outcome, const model::Intent& intent);

    const WriteRouterParts parts_;
    const WriteTimeouts timeouts_;
    const peers::PeerCallsByName& calls_;
    const std::unique_ptr<Turns> turns_;
    std::atomic<std::uint64_t> requests_named_{0};
};

}  // namespace reef::replication
