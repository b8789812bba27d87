// Compares the rows of several nodes. Each node sends the hashes of its rows in key order, piece by
// piece. The comparison merges the pieces as they arrive, so that its memory does not grow with the
// number of rows.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/hash.hpp"
#include "base/result.hpp"
#include "model/schema.hpp"

namespace reef::cli {

// What one node says about one row.
struct Proof {
    std::string vector;
    Hash128 hash;
    bool alive = false;           // false: a tombstone
    bool edited = false;          // another program changed the row in the node's database
    std::string unreadable = {};  // why the node cannot read it; "": it can
};

// A node whose rows are compared.
struct Witness {
    std::string node;
    std::string url;
    std::string peer_secret;
    std::string replica = {};  // of that node: its rows, not the node's own
};

using Proofs = std::vector<std::optional<Proof>>;  // of one row: one for each witness

struct Difference {
    model::Key key;
    Proofs proofs;
    std::string why;
};

struct Comparison {
    std::string resource;
    std::uint64_t records = 0;  // that are alive at any node
    Hash128 digest;             // of the first node's records
    std::vector<Difference> differences;
};

// unavailable: the node does not answer, or answers something else than a node does; or its replica
// cannot be read. `resource` is any of the app's.
Result<void> ask_for_presence(const Witness& witness, const model::Resource& resource);

// A change may not have arrived at every node yet. So the nodes are asked again for the rows that
// differ, until `wait_s` seconds have passed. unavailable: a node does not answer.
Result<Comparison> compare_rows(const std::vector<Witness>& witnesses,
                                const model::Resource& resource, double wait_s);

// The rows that a node cannot read. unavailable: it does not answer.
struct UnreadableRow {
    std::string resource;
    model::Key key;
    std::string why;
};
Result<std::vector<UnreadableRow>> unreadable_rows(const Witness& witness,
                                                   const model::Resource& resource);

}  // namespace reef::cli
