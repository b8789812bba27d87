// What a node tells operators of one of its read replicas.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace reef::api {

struct ReplicaReport {
    std::string name;
    // "ok", "behind", "resting" (until it has a write that was answered without it), "filling",
    // "lacks rows" (which its database refuses), "away"
    std::string state = {};
    std::string trouble = {};  // why it is away, or what was refused
    bool takes_reads = false;
    bool equal = false;  // it is at the primary's position, and the sums of its rows are the same
    double lag_seconds = 0;
    std::uint64_t records = 0;  // the living ones
    std::uint64_t pending = 0;  // changes that it does not have yet
    std::uint64_t reads = 0;    // answered since the node started
    std::uint64_t refused = 0;  // rows that its database does not take
    std::uint64_t filled = 0;   // while it is filled: rows so far …
    std::uint64_t to_fill = 0;  // … of so many
    std::uint64_t fills = 0;    // fillings that were finished since the node started
};

// Appends ,"replicas":[{"name":"replica-1","state":"ok",…}]; nothing when there are none.
void append_replicas(std::string& out, const std::vector<ReplicaReport>& replicas);

}  // namespace reef::api
