#include "replication/pulse.hpp"

#include <algorithm>

namespace reef::replication {

using namespace std::chrono_literals;

namespace {

constexpr std::chrono::nanoseconds pause_min = 20ms;
constexpr std::chrono::nanoseconds pause_max = 500ms;
constexpr std::chrono::nanoseconds tick_interval = 50ms;
constexpr std::chrono::nanoseconds warm_interval = 5s;

}  // namespace

Pulse::Pulse(PulseParts parts) : parts_(std::move(parts)), random_(parts_.random_seed) {}

asio::awaitable<void> Pulse::listen() {
    for (auto pause = pause_min;;) {
        const auto begin = parts_.clock.steady();
        Result<void> ended = co_await follow();
        if (ended.error().code == Errc::refused) parts_.peers.on_refused(parts_.peer);
        const bool worked = parts_.clock.steady() - begin > pause_max;
        pause = worked ? pause_min : std::min(pause * 2, pause_max);
        std::uniform_real_distribution<double> spread{0.5, 1.0};
        Result<void> slept = co_await parts_.clock.sleep(
            std::chrono::duration_cast<std::chrono::nanoseconds>(pause * spread(random_)));
        if (!slept) co_return;  // stopping
    }
}

// Of several beats that have arrived together only the last one tells the time.
Task<void> Pulse::follow() {
    if (parts_.peers.is_cut(parts_.peer)) co_return Error{Errc::unavailable, "cut off"};
    const auto asked = parts_.clock.steady();
    auto feed = co_await parts_.source.open_beats();
    if (!feed) co_return feed.error();
    for (bool first = true;; first = false) {
        auto arrivals = co_await (*feed)->next();
        if (!arrivals) co_return arrivals.error();
        if (parts_.peers.is_cut(parts_.peer)) co_return Error{Errc::unavailable, "cut off"};
        const auto* beat = std::get_if<peers::Beat>(&arrivals->back());
        if (!beat) co_return Error{Errc::invalid, "something else than beats"};
        parts_.peers.on_beat(parts_.peer, *beat);
        if (first) parts_.peers.on_answer(parts_.peer, asked);
    }
}

asio::awaitable<void> Pulse::keep_warm() {
    for (;;) {
        if (parts_.peers.reachable(parts_.peer)) co_await parts_.calls.keep_warm();
        Result<void> slept = co_await parts_.clock.sleep(warm_interval);
        if (!slept) co_return;
    }
}

asio::awaitable<void> tick(peers::Peers& peers, Clock& clock) {
    for (;;) {
        peers.tick();
        Result<void> slept = co_await clock.sleep(tick_interval);
        if (!slept) co_return;
    }
}

}  // namespace reef::replication
