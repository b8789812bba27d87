// A peer's end of our log: changes as they commit, and where we stand, for as long as it listens.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "commit/progress.hpp"
#include "http/http.hpp"
#include "peers/peers.hpp"
#include "store/store.hpp"

namespace reef::peers {

struct FeedParts {
    store::Reader& reader;
    commit::Progress& progress;
    Peers& peers;
    Clock& clock;
    std::string node;                   // our own name
    std::string asker;                  // the peer's
    const std::atomic<bool>& stopping;  // this node is about to end
};

// From `after` on, without the origins of the nodes in `without`. Ends where the log has a hole, be
// it that it was trimmed meanwhile: a tail with a hole is never served. Once this node is stopping,
// its own changes go through here in any case: a broker that is slow must not keep from the peers
// what nobody else can tell them soon.
std::unique_ptr<http::StreamBody> make_change_feed(FeedParts parts, model::Position after,
                                                   std::vector<std::string> without);

}  // namespace reef::peers
