// A peer's end of our log: changes as they commit, and where we stand, for as long as it listens.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "api/http.hpp"
#include "base/clock.hpp"
#include "commit/progress.hpp"
#include "store/store.hpp"

namespace reef::api {

struct FeedParts {
    store::Reader& reader;
    commit::Progress& progress;
    Clock& clock;
    std::string node;   // our own name
    std::string asker;  // the peer's
};

// From `after` on, without the origins of the asker and of the nodes in `without`.
std::unique_ptr<StreamBody> make_change_feed(FeedParts parts, model::Position after,
                                             std::vector<std::string> without);

}  // namespace reef::api
