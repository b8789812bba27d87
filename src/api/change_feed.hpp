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
    std::string node;  // our own name
};

// From `after` on, without the origins of the nodes in `without`. Ends where the log has a hole, be
// it that it was trimmed meanwhile: a tail with a hole is never served.
std::unique_ptr<StreamBody> make_change_feed(FeedParts parts, model::Position after,
                                             std::vector<std::string> without);

}  // namespace reef::api
