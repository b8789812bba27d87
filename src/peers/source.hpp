// Where changes come from: a peer's feed. The simulation has a Source of its own.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/hash.hpp"
#include "base/task.hpp"
#include "base/time.hpp"
#include "model/vector.hpp"
#include "peers/beat.hpp"
#include "store/ledger.hpp"

namespace reef::peers {

// What a peer says of itself, on its feed, several times a second and after each of its commits.
struct Heartbeat {
    std::string node = {};
    Time time = {};                 // by its clock
    model::Position received = {};  // what it can serve
    model::Position applied = {};   // what its readers see
    std::string before = {};        // names what it began with and is in no log (Ledger::before)
    bool seeded = false;            // it began with the app's seed
    bool signs = false;             // what it sends to a broker: take nothing of it there without
    // Lives that ended, of which it has all, as long as anybody states a position of them. Absent:
    // its version knows of no ends.
    std::optional<std::map<model::OriginId, store::EndedLife>> ended = {};
    std::vector<std::string> runs = {};  // the processes that have run on its store lately
    model::OriginId life = {};           // as which its store writes; "": not said this time
    // Of some origins, its own and the listener's among them, the running hash up to `received`.
    // Empty: not said this time.
    std::map<model::OriginId, Hash128, std::less<>> hashes = {};
    bool operator==(const Heartbeat&) const = default;
};

// A change as its JSON, a heartbeat, or a beat.
using Arrival = std::variant<std::string, Heartbeat, Beat>;

class Feed {
public:
    virtual ~Feed() = default;
    // What has arrived since, at least one. timeout: the peer was silent for too long.
    // unavailable: the link is gone. After an error the feed is of no more use.
    virtual Task<std::vector<Arrival>> next() = 0;
};

class Source {
public:
    virtual ~Source() = default;
    // A feed of everything that the peer knows beyond `after`, but for the origins in `without`,
    // and those of the nodes in it: their changes come from themselves. This node's own origin is
    // among them, and what an earlier life of its store has told others is not. not_found: the
    // peer's log no longer holds what follows `after`. conflict: the peer hears another process
    // that says to be this node.
    virtual Task<std::unique_ptr<Feed>> open(model::Position after,
                                             std::vector<std::string> without) = 0;
    // A feed of beats. refused: nobody listens at the peer's address. not_found: it is of an
    // earlier version, and sends none.
    virtual Task<std::unique_ptr<Feed>> open_beats() = 0;
};

}  // namespace reef::peers
