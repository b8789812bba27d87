// Do the nodes hold the same rows? Each is asked for the hashes of what lies in its tables, piece
// by piece in key order, and the pieces are merged as they come: a million rows need no memory
// here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/hash.hpp"
#include "base/result.hpp"
#include "model/schema.hpp"

namespace reef::cli {

struct Proof {  // of one row at one node
    std::string vector;
    Hash128 hash;
    bool alive = false;
    bool edited = false;
};

struct Witness {
    std::string node;
    std::string url;
    std::string peer_secret;
};

using Proofs = std::vector<std::optional<Proof>>;  // of one row, node by node

struct Difference {
    model::Key key;
    Proofs proofs;
    std::string why;
};

struct Comparison {
    std::string resource;
    std::uint64_t records = 0;  // living ones, known to any node
    Hash128 digest;             // of the first node's
    std::vector<Difference> differences;
};

// unavailable: the node does not answer, or answers something else than a node does.
Result<void> ask_for_presence(const Witness& witness);

// A row that differs may be on its way: it is asked for again, for so long in all. unavailable: a
// node does not answer.
Result<Comparison> compare_rows(const std::vector<Witness>& witnesses,
                                const model::Resource& resource, double wait_s);

}  // namespace reef::cli
