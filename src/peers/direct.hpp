// The direct transport: a peer's feeds over HTTP, of changes and of beats.
#pragma once

#include <chrono>
#include <memory>

#include "model/sizes.hpp"
#include "peers/address.hpp"
#include "peers/source.hpp"

namespace reef::peers {

struct DirectTimes {
    std::chrono::milliseconds connect = connect_max;
    std::chrono::milliseconds silence{5000};  // a feed that says nothing for so long is dead
    std::size_t line_bytes_max = model::line_bytes_max;  // of a longer line only its name is taken
};

// Used on the executor that its coroutines run on.
std::unique_ptr<Source> make_direct_source(PeerAddress peer, DirectTimes times);

}  // namespace reef::peers
