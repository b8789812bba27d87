// What programs that know nothing of Atoll tell a broker, on its way to the committer. Every node
// reads every message. One node imports it: it makes a write of its own of it, and that change
// brings the message's content to the others.
//
// The first living node in the app's order imports. A later node keeps what it has read until it
// sees that the message was imported, or need not be. When the nodes before it have fallen silent,
// it imports what is left. It may be wrong about them: it may be cut off, or they may only be slow.
// Then two nodes have imported one message. The message's place is the request id of both writes,
// so that a join knows them for twins. No node asks another one, and nothing has to be agreed upon.
//
// A message is looked at when everything before it in its topic is in the store, since other
// programs count on from the versions that they have read there. What does not come is not waited
// for longer than `order`.
//
// On one executor.
#pragma once

#include <atomic>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/async_mutex.hpp"
#include "brokers/broker.hpp"
#include "brokers/dead_messages.hpp"
#include "brokers/message_shape.hpp"
#include "commit/committer.hpp"
#include "commit/progress.hpp"
#include "peers/peers.hpp"

namespace reef::brokers {

struct ForeignOptions {
    std::vector<std::string> before;    // nodes that import as long as they live
    bool broker_says_when = true;       // else what has no time was written when it arrived
    std::size_t run_max = 256;          // imported in one transaction
    std::size_t held_max = 10'000;      // kept for a node that may fall silent …
    std::chrono::seconds held_for{60};  // … and no longer: its own place at the broker is behind
    std::chrono::milliseconds silence{2000};
    std::chrono::seconds order{5};        // that a message waits for what stood before it
    std::chrono::milliseconds look{500};  // between two looks at what others should have imported
};

struct ForeignParts {
    const MessageShape& shape;
    commit::Committer& committer;
    commit::Progress& progress;
    peers::Peers& peers;
    Clock& clock;
    DeadMessages& dead;  // takes what can't be a record here
};

class ForeignMessages {
public:
    ForeignMessages(ForeignParts parts, ForeignOptions options);

    // invalid: it can be no record here, and why.
    Result<model::ForeignWrite> read(const Arrived& arrived) const;

    struct Read {
        model::ForeignWrite write;
        Arrived arrived;
    };
    // In the topic's order. To be looked at when the store has `after`. Waits a moment while there
    // are too many of them. Returns the number of the last.
    Task<std::uint64_t> take(std::vector<Read> read, model::Position after);
    // Up to this number all are imported, passed over or put aside.
    std::uint64_t settled() const { return held_.empty() ? given_ : held_.front().number - 1; }
    // The reader begins again: what is not settled comes once more.
    void forget();

    asio::awaitable<void> run();  // until it is cancelled

    // From any thread.
    std::uint64_t imported() const { return imported_; }

private:
    struct Held {
        std::uint64_t number = 0;
        Read message;
        std::shared_ptr<const model::Position> after;
        std::chrono::nanoseconds since{};
        bool settled = false;
    };
    struct Chosen {
        std::vector<std::size_t> places;  // in held_
        commit::ForeignRun run;
    };

    bool imports() const;
    Task<void> settle();
    Task<void> settle_held();
    Chosen choose(bool imports) const;
    Task<void> take_fates(const Chosen& chosen, const commit::ImportResults& fates);
    Task<void> take_refusal(const Chosen& chosen, Error error);
    void give_up_old();
    void drop_settled();

    const ForeignParts parts_;
    const ForeignOptions options_;
    std::atomic<std::uint64_t> imported_{0};
    std::deque<Held> held_;
    std::uint64_t given_ = 0;            // number of the last one
    std::uint64_t beginnings_ = 0;       // what was chosen before is of no use
    std::size_t run_max_;                // less while one of them is refused
    std::set<model::RecordRef> locked_;  // by other programs, in the database
    AsyncMutex settling_;
};

}  // namespace reef::brokers
