// What a peer hears that follows this node: changes as they commit, and a heartbeat twice a second
// (every 100 ms, where it is of a version that sends no beats), for as long as the peer listens.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "commit/progress.hpp"
#include "http/http.hpp"
#include "peers/peers.hpp"
#include "store/log.hpp"

namespace reef::peers {

struct FeedParts {
    store::LogReader& reader;
    commit::Progress& progress;
    Peers& peers;
    Clock& clock;
    std::string node;                   // our own name
    std::string asker;                  // the peer's
    PeerRun asking;                     // which process of it
    const std::atomic<bool>& stopping;  // this node is about to end
    bool signs = false;                 // what it sends to a broker
};

// What a node says of its store. Of a life that ended it says so as long as somebody states a
// position of it: whoever does may not know yet that it has ended, or that all others know. Of the
// lives of `asker` it says so in any case: its store may have been put back from before the end,
// and must hear that before it writes.
Heartbeat said_of(const store::Ledger& ledger, const Peers& peers, std::string_view asker = {});

// Whether an origin is among `without`, itself or as one of a node.
bool is_among(const std::vector<std::string>& without, std::string_view origin);

// From `after` on, without the origins that are among `without`. The feed ends at a hole in the
// log, which trimming may have made meanwhile: what follows a hole is never served. It ends when
// another process is heard that is the peer. Once this node
// is stopping, the feed carries this node's own changes even where a broker does: the peers must
// get them now, however slow the broker is, since this node will not be there to be asked.
std::unique_ptr<http::StreamBody> make_change_feed(FeedParts parts, model::Position after,
                                                   std::vector<std::string> without);

}  // namespace reef::peers
