// Whether one peer is proven to be there, and how long its next sign is waited for. Both follow
// from what the link was measured to do, not from a constant: regions are a fraction of a
// millisecond apart, or half a second.
//
// Each side numbers its beats; each beat says which one of the listener was heard last. So a beat
// proves that the peer was there *after* that one was sent, and its age is known by our own clock
// alone. A peer is silent when no proof is younger than the limit. The clock is an awake one: it
// stands still while this process does, since our own pause says nothing about the peer.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>

namespace reef::peers {

using std::chrono::nanoseconds;

// A stream of beats says one so often. There are two streams of each peer, since a connection that
// is reset takes two round trips to come back.
inline constexpr nanoseconds beat_interval = std::chrono::milliseconds{200};

struct LinkBounds {
    std::chrono::milliseconds round_trip_max{400};  // of the farthest peer
    std::chrono::milliseconds silence_min{500};     // a peer is silent at the earliest after …
    std::chrono::milliseconds silence_max{3000};    // … and at the latest
};

class Liveness {
public:
    explicit Liveness(LinkBounds bounds, std::uint64_t first_number = 1)
        : bounds_(bounds), number_(first_number) {}

    // A beat to the peer is sent now: its number.
    std::uint64_t send(nanoseconds now);
    // The peer's beat was heard.
    void hear(std::uint64_t number, nanoseconds now);
    // What to say back: the peer's last beat, and since when it is known here. Absent: none lately.
    struct Echo {
        std::uint64_t number = 0;
        nanoseconds held{};
    };
    std::optional<Echo> echo(nanoseconds now) const;
    // The peer says back which beat it has heard.
    void take_echo(const Echo& echo, nanoseconds now);
    // The peer answered something that was sent then.
    void prove(nanoseconds sent, nanoseconds now);
    // Nobody listens at its address: it is not there, whatever was proven before.
    void refuse() { proof_.reset(); }

    bool has_beats() const { return has_beats_; }
    bool is_silent(nanoseconds now) const { return silent_in(now) <= nanoseconds{}; }
    // Without a proof before that it is silent; 0 or less: it is.
    nanoseconds silent_in(nanoseconds now) const;
    nanoseconds limit() const;
    std::optional<nanoseconds> round_trip() const { return smoothed_; }

private:
    struct Sent {
        std::uint64_t number = 0;
        nanoseconds at{};
    };

    void measure(nanoseconds round_trip);

    const LinkBounds bounds_;
    std::uint64_t number_;
    std::deque<Sent> sent_;  // the last ones
    bool has_beats_ = false;
    std::uint64_t heard_ = 0;
    nanoseconds heard_at_{};
    std::optional<nanoseconds> proof_;
    std::optional<nanoseconds> smoothed_;
    nanoseconds variance_{};
    // The longest a proof came later than it should have, of this half minute and the one before.
    nanoseconds late_{}, late_before_{}, late_since_{};
};

}  // namespace reef::peers
