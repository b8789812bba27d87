// Faults that can be planted into a simulated node, to prove that the simulation finds what it
// looks for. Production code knows nothing of them: they sit where a node meets its store, its
// peers and its clients.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace reef::simulation {

enum class Plant : std::uint8_t {
    none,
    answer_before_durable,     // a commit is answered, and saved with the next one
    forget_request_ids,        // a store keeps no request ids
    forget_carried_ids,        // nor those that came with changes of others
    apply_twice,               // what others added to a counter is added once more
    skip_tie_break,            // of two writes of one moment a store keeps the one it has
    keep_local,                // of two writes a store keeps its own
    drop_conflicts,            // what a join lost is listed nowhere
    ignore_version,            // a write takes effect whatever version it names
    drop_relayed_tail,         // a node tells its peers only what it wrote itself
    forget_forwarded_request,  // a write is carried home without its request id
    forget_forwarded_version,  // a home takes such a write for one that saw its own row
    repeat_version,            // a twin that is found takes its write off the version
    restore_in_old_life,       // a store comes back as it was, and goes on under its old name
    impatient,                 // what is far away is taken for silent, and nobody is told
    forget_claims,             // a value's home keeps no claims
    tear_commit,               // a crash keeps the position and loses the rows
};

struct PlantName {
    Plant plant;
    std::string_view name;
};
inline constexpr std::array plant_names{
    PlantName{Plant::answer_before_durable, "answer-before-durable"},
    PlantName{Plant::forget_request_ids, "forget-request-ids"},
    PlantName{Plant::forget_carried_ids, "forget-carried-ids"},
    PlantName{Plant::apply_twice, "apply-twice"},
    PlantName{Plant::skip_tie_break, "skip-tie-break"},
    PlantName{Plant::keep_local, "keep-local"},
    PlantName{Plant::drop_conflicts, "drop-conflicts"},
    PlantName{Plant::ignore_version, "ignore-version"},
    PlantName{Plant::drop_relayed_tail, "drop-relayed-tail"},
    PlantName{Plant::forget_forwarded_request, "forget-forwarded-request"},
    PlantName{Plant::forget_forwarded_version, "forget-forwarded-version"},
    PlantName{Plant::repeat_version, "repeat-version"},
    PlantName{Plant::restore_in_old_life, "restore-in-old-life"},
    PlantName{Plant::impatient, "impatient"},
    PlantName{Plant::forget_claims, "forget-claims"},
    PlantName{Plant::tear_commit, "tear-commit"},
};

}  // namespace reef::simulation
