// Values that are unique over all nodes (model/claim.hpp). One end claims a value at its home for a
// write that is decided here; the other end is that home. A claim is in the home's ledger before it
// is granted, and ends when what the write wrote has arrived there, or when the home has asked the
// claimant and heard that it is done. It never ends by time: a claim that did could be taken by
// two. From any thread.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "commit/committer.hpp"
#include "commit/progress.hpp"
#include "peers/claim.hpp"
#include "peers/peers.hpp"

namespace reef::replication {

struct ValueClaimParts {
    const model::Schema& schema;
    commit::Committer& committer;
    commit::Progress& progress;
    peers::Peers& peers;
    Clock& clock;
    asio::any_io_executor executor;  // where the calls to peers run
    std::string node;                // our own name
    std::string run;                 // names this process
    std::vector<std::string> members;
};

struct ValueClaimTimeouts {
    std::chrono::milliseconds grant{1300};    // all that a claim may wait at the value's home
    std::chrono::milliseconds in_stead{300};  // of it, for what others wrote in the home's stead
    std::chrono::milliseconds ask{300};       // for a claimant's answer, beside the round trip
};

class ValueClaims {
    struct Writes;  // that are under way

public:
    // `calls`: to each peer. They outlive this.
    ValueClaims(ValueClaimParts parts, const peers::PeerCallsByName& calls,
                ValueClaimTimeouts timeouts = {});

    // A write that claims values. What it holds is done with when this ends, unless nobody knows
    // whether it has written something.
    class Writing {
    public:
        explicit Writing(ValueClaims& claims) : writes_(claims.writes_) {}
        ~Writing();
        Writing(const Writing&) = delete;
        Writing& operator=(const Writing&) = delete;
        std::uint64_t number();  // given at the first call
        void may_have_written() { unknown_ = true; }

    private:
        const std::shared_ptr<Writes> writes_;  // outlives the claims where a node is torn down
        std::uint64_t number_ = 0;
        bool unknown_ = false;
    };

    // The intent's request has a name. unavailable: nobody can say now, and why.
    Task<model::ClaimAnswer> claim(const model::Unclaimed& wanted, const model::Intent& intent,
                                   std::uint64_t number, std::chrono::nanoseconds until);

    // Of a new record's values those whose homes are silent, and stood in for: they need not be
    // claimed, so that the committer decides at once.
    std::vector<model::ClaimAnswer> those_of_silent_homes(const model::Intent& intent) const;

    // A peer's claim: this node is the value's home, or hears it where the peer does not.
    Task<model::ClaimAnswer> grant(peers::ClaimRequest request);
    // Whether one of this node's writes still holds what it claimed.
    peers::ClaimantState state_of(const model::Claimant& claimant) const;

private:
    Task<model::ClaimAnswer> ask(std::string node, peers::ClaimRequest request,
                                 std::chrono::nanoseconds until);
    Task<model::ClaimAnswer> grant_here(peers::ClaimRequest request,
                                        std::chrono::nanoseconds until);
    Task<std::vector<model::Claimant>> those_done(model::Claim open,
                                                  std::chrono::nanoseconds until);
    Task<peers::ClaimantState> ask_claimant(model::Claimant claimant,
                                            std::chrono::nanoseconds until);
    std::chrono::nanoseconds left_until(std::chrono::nanoseconds until) const;
    peers::Patience patience_with(const std::string& node, std::chrono::nanoseconds left) const;

    const ValueClaimParts parts_;
    const peers::PeerCallsByName& calls_;
    const ValueClaimTimeouts timeouts_;
    const std::shared_ptr<Writes> writes_;
};

}  // namespace reef::replication
