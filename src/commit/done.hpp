// What came of a piece of work that was committed.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "model/intent.hpp"

namespace reef::commit {

struct Parked {
    model::Dot letter;      // names the dead letter
    bool may_pass = false;  // what refused it can change: worth a retry
};

struct Applied {
    std::uint64_t received = 0;  // the origin of a run's last change is known up to here
    std::uint64_t changed =
        0;  // rows of a snapshot, dead letters settled, writes of other programs
    std::vector<Parked> parked;  // what became a dead letter

    // Of two parts of one piece of work, in order.
    void add(const Applied& next);
};

struct ImportResult {
    enum class Kind : std::uint8_t { adopted, passed_over, waits, unfit };
    Kind kind = Kind::waits;  // waits: it would be adopted
    std::string why = {};     // unfit
};
using ImportResults = std::vector<ImportResult>;  // of a ForeignRun's writes, in its order

struct Claimed {                            // of a ValueClaim
    model::ClaimAnswer answer;              // as long as `open` is empty
    std::optional<model::Claim> open = {};  // another request is at it
};

using Done = std::variant<model::Outcome, Applied, ImportResults, Claimed>;

}  // namespace reef::commit
