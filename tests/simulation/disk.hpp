// A node's disk: the store's writer, which takes time. What it has when the node crashes is what
// was durable, and a crash can come before or after a commit became so.
#pragma once

#include <memory>

#include "base/clock.hpp"
#include "oracle.hpp"
#include "plants.hpp"
#include "store/store.hpp"
#include "world.hpp"

namespace reef::simulation {

struct DiskParts {
    World& world;
    Clock& clock;
    Oracle& oracle;
    const model::Schema& schema;
    store::Store& store;
    asio::any_io_executor executor;
    std::size_t node = 0;  // which of them
    Nanoseconds sync{0};   // how long a commit takes, half of it at least
    Plant plant = Plant::none;
};

std::unique_ptr<store::Writer> open_disk(DiskParts parts);

}  // namespace reef::simulation
