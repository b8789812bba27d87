// Retires lives of stores that have ended, so that positions do not grow with each of them.
//
// A life has ended when its node goes on under another name (a store was restored, or lost), or
// when its node was taken out of the app for good. Then, without anybody in charge:
//
//   1. When all members are heard, and all have the same changes of it, and none of them is a dead
//      letter, its node says where it ended: (life, last, running hash). Of a node that is no
//      member any more, any member says so, at a person's word.
//   2. Whoever hears this from a peer saves it, unless it has more of that life or other changes
//      than these, which is trouble (a fork). From then on nothing beyond `last` is taken. Who has
//      all up to `last` says so too, in its heartbeats.
//   3. When all members say so, each takes the life out of the positions that it states. It still
//      knows the life, its last change and its hash, for ever: what is in rows, in tokens and in
//      If-Match counts as known, and what comes beyond it is trouble.
//   4. It goes on to say that the life has ended as long as it hears a position of it: whoever was
//      restored from an older backup gets the rest, and then does the same.
//
// What must be durable is a cursor of the ledger, saved by the committer, which checks it once more
// against what is in the store by then. A member that is silent, or whose version knows nothing of
// this, stops it between two steps and is named. A node with a new store hears of the retired lives
// with the snapshot; one whose position does not name them is never sent a tail without their rows.
//
// Vectors of rows keep naming the life: their limit is a matter of each record.
//
// On replication's executor.
#pragma once

#include <chrono>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "replication/inbox.hpp"

namespace reef::replication {

struct RetirementOptions {
    std::chrono::milliseconds look{1000};
    // By itself a life ends only after nothing came of it for so long: what runs under this node's
    // name elsewhere, by mistake, is noticed before.
    std::chrono::seconds quiet{60};
    std::chrono::milliseconds asked{50};         // between two looks when a person waits …
    std::chrono::milliseconds asked_max{3'000};  // … and for how long
};

struct RetirementParts {
    commit::Committer& committer;
    commit::Progress& progress;
    peers::Peers& peers;
    const Inbox& inbox;
    Clock& clock;
    asio::any_io_executor executor;
};

struct LifeReport {
    model::OriginId origin;
    bool retired = false;
    std::string why;  // it is not yet
};

class Retirement {
public:
    explicit Retirement(RetirementParts parts, RetirementOptions options = {})
        : parts_(std::move(parts)), options_(options) {}

    asio::awaitable<void> run();  // until it is cancelled
    Task<void> look();

    // From any thread; the caller resumes on its own executor. All lives of a node that have ended
    // ("us"), or one of them ("us.k3f9"), are retired now, as far as that is possible at once.
    // not_found: there is none. invalid: only another member can know whether it has ended.
    // unavailable: another process of this node applies what peers send.
    Task<std::vector<LifeReport>> retire(std::string what);

private:
    using Lives = std::vector<peers::PeerLives>;

    Task<std::vector<LifeReport>> retire_here(std::string what);
    void adopt(const store::Ledger& ledger, const Lives& peers, commit::Rows& next);
    bool has_ended(const model::OriginId& origin, const store::Ledger& ledger) const;
    bool is_quiet(const model::OriginId& origin, std::uint64_t received);
    bool contradicts(const model::OriginId& origin, const store::EndedLife& said,
                     const store::Ledger& ledger) const;
    LifeReport report(const model::OriginId& origin, const store::Ledger& ledger,
                      const Lives& peers) const;

    const RetirementParts parts_;
    const RetirementOptions options_;
    std::set<std::string, std::less<>> asked_;  // nodes and lives, by people
    struct Quiet {
        std::uint64_t received = 0;
        std::chrono::nanoseconds since{};
    };
    std::map<model::OriginId, Quiet> quiet_;
    std::set<model::OriginId> told_;  // of a contradiction
};

}  // namespace reef::replication
