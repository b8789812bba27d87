// The two kinds of connections that a simulated network carries.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "network.hpp"

namespace reef::simulation {

// Wakes the coroutine that waits, if there is one. A timer belongs to it, and ends with its node's
// life; a connection outlives both.
inline void wake(const std::weak_ptr<asio::steady_timer>& waiting) {
    if (const auto timer = waiting.lock()) timer->expires_at(asio::steady_timer::time_point::min());
}

struct Network::Wire {
    End server;
    End client;
    bool lost = false;       // something did not arrive: nothing that follows does
    bool hung_up = false;    // known to the reader
    bool nobody = false;     // why: nobody listened there
    int refused = 0;         // the status, when there is no feed
    bool unread = false;     // the reader has gone: known to the writer
    Nanoseconds arrived{0};  // the last line
    std::vector<peers::Arrival> inbox;
    std::weak_ptr<asio::steady_timer> reader;  // who waits for the inbox
};

struct Network::Call {
    End server;
    End client;
    std::optional<Result<peers::PeerCalls::Answer>> answer;
    Oracle::Carried carried;
    std::weak_ptr<asio::steady_timer> caller;
};

}  // namespace reef::simulation
