// What can be committed, and what comes of it.
#pragma once

#include <map>
#include <string>
#include <variant>
#include <vector>

#include "model/intent.hpp"
#include "store/store.hpp"

namespace reef::commit {

// Changes of one origin in seq order, as they came from a peer or a broker.
struct ChangeRun {
    struct Entry {
        model::Change change;
        std::string json;  // as it came: logged and passed on unaltered
    };
    std::vector<Entry> entries;
};

// Rows without a change of their own: the seed, an adopted table, a snapshot of a peer. Joined.
// With the live request ids of the writes inside: a repeat is known here, and a twin is found.
struct Rows {
    std::vector<model::Row> rows;
    std::vector<std::pair<model::RequestId, model::RequestSeen>> requests;
    std::map<std::string, std::string> cursors;  // set in the same transaction: how far it came
};

using Work = std::variant<model::Intent, ChangeRun, Rows>;

struct Applied {
    std::uint64_t received = 0;  // of the run's origin, after this batch; for Rows: rows changed
};

using Done = std::variant<model::Outcome, Applied>;

}  // namespace reef::commit
