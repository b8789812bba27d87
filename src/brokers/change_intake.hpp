// Where a broker's reader hands the changes that it has read: replication's inbox stands behind it.
// On the reader's executor.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/task.hpp"
#include "model/vector.hpp"

namespace reef::brokers {

struct Delivery {
    std::string source;  // for people: a peer's name, a topic
    std::uint64_t epoch = 0;
    std::vector<std::string> changes = {};  // as their JSON
    bool unproven = false;                  // whoever may write to the broker may have made them
    // Changes that exist, and did not come with their content (model/abridged.hpp): it is to be
    // asked for.
    std::vector<std::string> names = {};
};

// When received() of this store covers it, all of the delivery is durable here: acknowledge.
struct Taken {
    model::Position covers;
    std::size_t dropped = 0;  // came too early: if they don't come again, peers are asked
};

class ChangeIntake {
public:
    virtual ~ChangeIntake() = default;

    // Whether this process of the node applies changes; else nothing is to be read.
    virtual bool leads() const = 0;
    // Read it when a source starts from received(), and say it with each delivery.
    virtual std::uint64_t epoch() const = 0;
    // Waits only while there is no room for what can be applied. unavailable: what was taken in
    // this epoch, and is not durable, is forgotten; the source starts again. invalid: what came is
    // no change at all.
    virtual Task<Taken> take(Delivery delivery) = 0;
};

}  // namespace reef::brokers
