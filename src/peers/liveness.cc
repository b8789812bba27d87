#include "peers/liveness.hpp"

#include <algorithm>

namespace reef::peers {

using namespace std::chrono_literals;

namespace {

constexpr std::size_t sent_max = 256;
constexpr nanoseconds echo_max = 10s;  // what was heard longer ago is not said back
constexpr nanoseconds half_a_minute = 30s;
// A proof is at most so much older than a round trip where nothing is late: one interval until the
// peer's next beat, and one since our own.
constexpr nanoseconds age_in_time = 2 * beat_interval;

}  // namespace

std::uint64_t Liveness::send(nanoseconds now) {
    sent_.push_back({++number_, now});
    if (sent_.size() > sent_max) sent_.pop_front();
    return number_;
}

void Liveness::hear(std::uint64_t number, nanoseconds now) {
    has_beats_ = true;
    heard_ = number;
    heard_at_ = now;
}

std::optional<Liveness::Echo> Liveness::echo(nanoseconds now) const {
    if (heard_ == 0 || now - heard_at_ > echo_max) return std::nullopt;
    return Echo{heard_, now - heard_at_};
}

void Liveness::take_echo(const Echo& echo, nanoseconds now) {
    const auto sent = std::find_if(sent_.begin(), sent_.end(),
                                   [&echo](const Sent& one) { return one.number == echo.number; });
    if (sent == sent_.end()) {
        // The peer listens to another process of this node: it is there, as far as its beats tell.
        prove(now - smoothed_.value_or(0ns), now);
        return;
    }
    const nanoseconds round_trip = now - sent->at - echo.held;
    if (round_trip >= 0ns) measure(round_trip);
    prove(sent->at, now);
}

void Liveness::measure(nanoseconds round_trip) {
    if (!smoothed_) {
        smoothed_ = round_trip;
        variance_ = round_trip / 2;
        return;
    }
    const nanoseconds deviation =
        round_trip > *smoothed_ ? round_trip - *smoothed_ : *smoothed_ - round_trip;
    variance_ = (3 * variance_ + deviation) / 4;
    *smoothed_ = (7 * *smoothed_ + round_trip) / 8;
}

// A gap that was longer than the limit teaches nothing: the peer was away. What came late, but
// came, is waited for as long the next time.
void Liveness::prove(nanoseconds sent, nanoseconds now) {
    if (proof_ && sent <= *proof_) return;
    if (now - late_since_ > half_a_minute) {
        late_before_ = now - late_since_ > 2 * half_a_minute ? 0ns : late_;
        late_ = 0ns;
        late_since_ = now;
    }
    if (!is_silent(now)) {
        const nanoseconds late = now - *proof_ - age_in_time - smoothed_.value_or(0ns);
        late_ = std::max(late_, late);
    }
    proof_ = sent;
}

nanoseconds Liveness::limit() const {
    const nanoseconds late = std::max({4 * variance_, late_, late_before_});
    const nanoseconds measured =
        smoothed_.value_or(bounds_.round_trip_max) + 3 * beat_interval + late;
    return std::clamp<nanoseconds>(measured, bounds_.silence_min, bounds_.silence_max);
}

nanoseconds Liveness::silent_in(nanoseconds now) const {
    return proof_ ? *proof_ + limit() - now : nanoseconds{};
}

}  // namespace reef::peers
