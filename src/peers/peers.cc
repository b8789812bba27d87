#include "peers/peers.hpp"

#include <algorithm>

namespace reef::peers {

using namespace std::chrono_literals;

namespace {

// Of a peer of an earlier version, which sends no beats: its feed says something every 100 ms.
constexpr std::chrono::nanoseconds silence_max = 500ms;
// Between two ticks no more time passes than this: for longer this process did not run.
constexpr std::chrono::nanoseconds tick_max = 100ms;
// What was written in this node's stead is waited for at most so long after it was heard of.
constexpr std::chrono::nanoseconds in_stead_max = 2s;
// A peer that was heard so lately may be back in a moment: it may be starting again.
constexpr std::chrono::seconds restart_max{5};
constexpr std::size_t marks_max = 256;
// The rate of applying is measured over the last seconds, with several samples a second.
constexpr std::chrono::nanoseconds rate_window = 5s;
constexpr std::chrono::nanoseconds rate_step = 250ms;

double seconds(std::chrono::nanoseconds time) {
    return std::chrono::duration<double>(time).count();
}

}  // namespace

// "At this time the peer was heard to have this much": gone once it is applied here.
struct Peers::Pending {
    std::chrono::nanoseconds heard{};
    model::Position position;
};

// "At this time so many changes of the peer were applied here."
struct Peers::Applied {
    std::chrono::nanoseconds time{};
    std::uint64_t changes = 0;
};

struct Peers::Peer {
    Peer(LinkBounds bounds, std::uint64_t first_number) : liveness(bounds, first_number) {}

    Liveness liveness;  // by the awake clock
    bool is_able = true;
    std::vector<std::string> hears;                 // other nodes
    std::optional<model::Dot> in_our_stead;         // its last such write, first heard …
    std::chrono::nanoseconds in_our_stead_heard{};  // … then
    std::optional<model::Dot> in_its_stead;         // our last one
    bool open = false;                              // its feed
    bool tried = false;
    bool cut = false;
    bool ever_heard = false;
    std::vector<std::string> runs;  // of its store
    model::OriginId life;           // the same
    std::chrono::nanoseconds last_heard{};
    model::Position received;
    model::Position applied;
    std::optional<std::map<model::OriginId, store::EndedLife>> ended;
    std::set<model::OriginId, std::less<>> retired;  // of them, those that it stated no position of
    std::deque<Pending> pending;
    std::deque<Applied> rate_marks;  // the first may be older than the window
    double clock_ahead = 0;
    std::string trouble;
    std::string differs;
    std::set<std::string> troubles;
    std::vector<std::string> members;  // sorted; empty: it has not said them

    void add_ended();
};

// It has all of them, so that others can ask it for them.
void Peers::Peer::add_ended() {
    retired.clear();
    if (!ended) return;
    for (const auto& [origin, lived] : *ended) {
        if (!received.contains(origin)) retired.insert(origin);
        received[origin] = applied[origin] = lived.last;
    }
}

Peers::Peers(std::vector<std::string> names, Clock& clock, PeersOptions options)
    : clock_(clock),
      options_(std::move(options)),
      watch_(clock),
      started_(clock.steady()),
      ticked_(started_) {
    // A peer must not take what an earlier process has sent for what this one has.
    const auto first = static_cast<std::uint64_t>(clock.now().us / 1000 % 100'000'000);
    for (std::string& name : names)
        peers_.emplace(std::move(name), std::make_unique<Peer>(options_.links, first));
}

Peers::~Peers() = default;

Peers::Peer& Peers::at(std::string_view name) {
    return *peers_.find(name)->second;
}

const Peers::Peer* Peers::find(std::string_view name) const {
    const auto found = peers_.find(name);
    return found == peers_.end() ? nullptr : found->second.get();
}

void Peers::on_heartbeat(const std::string& name, const Heartbeat& heartbeat,
                         const model::Position& applied_here) {
    const std::lock_guard lock{mutex_};
    Peer& peer = at(name);
    peer.open = peer.tried = peer.ever_heard = true;
    peer.last_heard = clock_.steady();
    if (!heartbeat.runs.empty()) peer.runs = heartbeat.runs;
    if (!heartbeat.life.empty()) peer.life = heartbeat.life;
    peer.received = heartbeat.received;
    peer.applied = heartbeat.applied;
    peer.ended = heartbeat.ended;
    peer.add_ended();
    peer.clock_ahead = static_cast<double>(heartbeat.time.us - clock_.now().us) / 1e6;
    peer.trouble.clear();
    applied_here_ = applied_here;
    if (model::covers(applied_here, peer.received)) {
        peer.pending.clear();
    } else if (peer.pending.size() < marks_max) {
        peer.pending.push_back({peer.last_heard, peer.received});
    } else {
        peer.pending.back().position = peer.received;
    }
    watch_.notify();
}

void Peers::applied(const model::Position& applied_here) {
    const std::lock_guard lock{mutex_};
    applied_here_ = applied_here;
    for (auto& [name, peer] : peers_) {
        while (!peer->pending.empty() &&
               model::covers(applied_here, peer->pending.front().position)) {
            peer->pending.pop_front();
        }
        const auto now = clock_.steady();
        auto& marks = peer->rate_marks;
        if (!marks.empty() && now - marks.back().time < rate_step) continue;
        marks.push_back({now, applied_of(name)});
        while (marks.size() > 1 && now - marks[1].time >= rate_window)
            marks.pop_front();
    }
}

std::uint64_t Peers::applied_of(std::string_view name) const {
    std::uint64_t changes = 0;
    for (const auto& [origin, seq] : applied_here_) {
        if (model::node_of(origin) == name) changes += seq;
    }
    return changes;
}

double Peers::applied_per_second(const std::string& name, const Peer& peer) const {
    if (peer.rate_marks.empty()) return 0;
    const auto now = clock_.steady();
    const auto start = now - rate_window;
    Applied since = peer.rate_marks.front();
    for (const Applied& mark : peer.rate_marks) {
        if (mark.time <= start) since = mark;
    }
    const double window = seconds(now - std::max(since.time, start));
    const auto changes = static_cast<double>(applied_of(name) - since.changes);
    return changes / std::max(window, seconds(rate_step));
}

void Peers::on_disconnect(const std::string& name, std::string trouble) {
    const std::lock_guard lock{mutex_};
    Peer& peer = at(name);
    peer.open = false;
    peer.tried = true;
    peer.trouble = std::move(trouble);
    watch_.notify();
}

void Peers::cut(const std::string& name, bool cut) {
    const std::lock_guard lock{mutex_};
    at(name).cut = cut;
    watch_.notify();
}

void Peers::alert(std::string_view name, const std::string& what, bool on) {
    const std::lock_guard lock{mutex_};
    const auto peer = peers_.find(name);
    if (peer == peers_.end()) return;
    const bool changed =
        on ? peer->second->troubles.insert(what).second : peer->second->troubles.erase(what) > 0;
    if (changed) watch_.notify();
}

void Peers::differs(std::string_view name, std::string words) {
    const std::lock_guard lock{mutex_};
    const auto peer = peers_.find(name);
    if (peer != peers_.end()) peer->second->differs = std::move(words);
}

bool Peers::has_trouble(std::string_view what) const {
    const std::lock_guard lock{mutex_};
    return std::any_of(peers_.begin(), peers_.end(), [what](const auto& peer) {
        return peer.second->troubles.contains(std::string{what});
    });
}

std::vector<PeerLives> Peers::lives() const {
    const std::lock_guard lock{mutex_};
    std::vector<PeerLives> all;
    for (const auto& [name, peer] : peers_)
        all.push_back({name, alive(*peer), peer->received, peer->applied, peer->ended});
    return all;
}

bool Peers::anyone_states(std::string_view origin) const {
    const std::lock_guard lock{mutex_};
    return std::any_of(peers_.begin(), peers_.end(), [origin](const auto& named) {
        const Peer& peer = *named.second;
        return peer.received.contains(origin) && !peer.retired.contains(origin);
    });
}

bool Peers::may_give_snapshot(std::string_view name) const {
    const std::lock_guard lock{mutex_};
    const Peer* peer = find(name);
    if (!peer) return false;
    const auto& troubles = peer->troubles;
    // It may still hear the process of this node before this one, for a moment.
    return !peer->tried || troubles.contains(needs_snapshot) || troubles.contains(other_run);
}

std::chrono::nanoseconds Peers::awake() const {
    return awake_ + std::min(clock_.steady() - ticked_, tick_max);
}

void Peers::tick() {
    const std::lock_guard lock{mutex_};
    awake_ = awake();
    ticked_ = clock_.steady();
}

bool Peers::alive(const Peer& peer) const {
    if (peer.cut) return false;
    if (peer.liveness.has_beats()) return !peer.liveness.is_silent(awake());
    return peer.open && clock_.steady() - peer.last_heard < silence_max;
}

bool Peers::decides(const Peer& peer) const {
    return alive(peer) && peer.is_able;
}

bool Peers::reachable(std::string_view name) const {
    const std::lock_guard lock{mutex_};
    const Peer* peer = find(name);
    return peer && alive(*peer);
}

std::chrono::nanoseconds Peers::silent_in(std::string_view name) const {
    const std::lock_guard lock{mutex_};
    const Peer* peer = find(name);
    if (!peer || !decides(*peer)) return {};
    return peer->liveness.has_beats() ? peer->liveness.silent_in(awake())
                                      : peer->last_heard + silence_max - clock_.steady();
}

void Peers::on_beat(const std::string& name, const Beat& beat) {
    const std::lock_guard lock{mutex_};
    Peer& peer = at(name);
    const auto now = awake();
    const bool was = decides(peer);
    // Its feed ended with another process than the one that is there by now.
    const auto& runs = peer.runs;
    const bool known = std::find(runs.begin(), runs.end(), beat.run) != runs.end();
    if (!peer.open && !beat.run.empty() && !known) {
        peer.runs.clear();
        peer.life.clear();
    }
    peer.last_heard = clock_.steady();
    peer.liveness.hear(beat.number, now);
    if (beat.echo > 0)
        peer.liveness.take_echo({beat.echo, std::chrono::microseconds{beat.held_us}}, now);
    peer.is_able = beat.able;
    peer.hears = beat.hears;
    if (beat.in_stead && beat.in_stead != peer.in_our_stead) {
        peer.in_our_stead = beat.in_stead;
        peer.in_our_stead_heard = now;
        written_in_our_stead_ = true;
    }
    if (decides(peer) != was) watch_.notify();
}

void Peers::on_answer(const std::string& name, std::chrono::nanoseconds sent) {
    const std::lock_guard lock{mutex_};
    const auto now = awake();
    at(name).liveness.prove(now - std::min(clock_.steady() - sent, now), now);
}

void Peers::on_refused(const std::string& name) {
    const std::lock_guard lock{mutex_};
    at(name).liveness.refuse();
    watch_.notify();
}

void Peers::on_members(const std::string& name, std::vector<std::string> members) {
    std::sort(members.begin(), members.end());
    const std::lock_guard lock{mutex_};
    at(name).members = std::move(members);
}

std::vector<std::vector<std::string>> Peers::other_members() const {
    std::vector<std::vector<std::string>> lists;
    std::vector<std::string> ours = options_.order;
    std::sort(ours.begin(), ours.end());
    const std::lock_guard lock{mutex_};
    for (const auto& [name, peer] : peers_) {
        if (!peer->members.empty() && peer->members != ours) lists.push_back(peer->members);
    }
    return lists;
}

void Peers::wrote_in_stead(const std::string& name, const model::Dot& write) {
    const std::lock_guard lock{mutex_};
    const auto peer = peers_.find(name);
    if (peer != peers_.end()) peer->second->in_its_stead = write;
}

Beat Peers::beat_for(const std::string& name) {
    Beat beat;
    beat.able = !options_.able || options_.able();  // which may ask this
    const std::lock_guard lock{mutex_};
    Peer& peer = at(name);
    const auto now = awake();
    beat.number = peer.liveness.send(now);
    if (const auto echo = peer.liveness.echo(now)) {
        beat.echo = echo->number;
        beat.held_us = static_cast<std::uint64_t>(
            std::chrono::duration_cast<std::chrono::microseconds>(echo->held).count());
    }
    for (const auto& [other, known] : peers_) {
        if (other != name && decides(*known)) beat.hears.push_back(other);
    }
    beat.in_stead = peer.in_its_stead;
    return beat;
}

bool Peers::beats(std::string_view name) const {
    const std::lock_guard lock{mutex_};
    const Peer* peer = find(name);
    return peer && peer->liveness.has_beats();
}

std::chrono::nanoseconds Peers::round_trip(std::string_view name) const {
    const std::lock_guard lock{mutex_};
    const Peer* peer = find(name);
    return peer ? peer->liveness.round_trip().value_or(std::chrono::nanoseconds{})
                : std::chrono::nanoseconds{};
}

model::Position Peers::written_in_our_stead() const {
    model::Position all;
    if (!written_in_our_stead_) return all;
    const std::lock_guard lock{mutex_};
    const auto now = awake();
    for (const auto& [name, peer] : peers_) {
        const bool lately = now - peer->in_our_stead_heard < in_stead_max;
        if (peer->in_our_stead && lately && alive(*peer))
            all[peer->in_our_stead->origin] = peer->in_our_stead->seq;
    }
    return all;
}

// The node whose records these are. A home that is no member any more (renamed, retired) is
// replaced by one that all nodes agree on.
std::string Peers::member_for(std::string_view home) const {
    if (home == options_.self || options_.order.empty() || find(home)) return std::string{home};
    const auto weight = [home](const std::string& node) {
        return hash_of(std::string{home} + ' ' + node);
    };
    return *std::max_element(
        options_.order.begin(), options_.order.end(),
        [&weight](const auto& a, const auto& b) { return weight(a) < weight(b); });
}

model::Decider Peers::decider(std::string_view of, const std::vector<std::string>& passed) const {
    const std::lock_guard lock{mutex_};
    const std::string home = member_for(of);
    if (home == options_.self) return {home, {}, true};
    const auto may = [&](const std::string& name) {
        const Peer* peer = find(name);
        const bool was_there = std::find(passed.begin(), passed.end(), name) != passed.end();
        return peer && !was_there && decides(*peer);
    };
    const auto through = [this](const std::string& name) {
        return model::Decider{name, {}, find(name)->liveness.has_beats()};
    };
    if (may(home)) return through(home);
    for (const auto& [name, peer] : peers_) {
        const auto& hears = peer->hears;
        if (may(name) && std::find(hears.begin(), hears.end(), home) != hears.end())
            return through(name);
    }
    for (const std::string& name : options_.order) {
        if (name == options_.self) break;
        if (name == home || !may(name) || !find(name)->liveness.has_beats()) continue;
        return {name, home, true};
    }
    return {options_.self, home, true};
}

std::chrono::nanoseconds Peers::silence_of(std::string_view name) const {
    const std::lock_guard lock{mutex_};
    const Peer* peer = find(name);
    if (!peer || alive(*peer)) return {};
    return clock_.steady() - (peer->ever_heard ? peer->last_heard : started_);
}

bool Peers::is_cut(std::string_view name) const {
    const std::lock_guard lock{mutex_};
    const Peer* peer = find(name);
    return peer && peer->cut;
}

bool Peers::knows(std::string_view name) const {
    const std::lock_guard lock{mutex_};
    return find(name) != nullptr;
}

bool Peers::hears_other_run(std::string_view name, const PeerRun& asking) const {
    const std::lock_guard lock{mutex_};
    const Peer* peer = find(name);
    if (!peer || !alive(*peer)) return false;
    const bool other_life =
        !asking.life.empty() && !peer->life.empty() && asking.life != peer->life;
    if (other_life || asking.run.empty() || peer->runs.empty()) return other_life;
    return std::find(peer->runs.begin(), peer->runs.end(), asking.run) == peer->runs.end();
}

std::vector<std::string> Peers::unheard() const {
    const std::lock_guard lock{mutex_};
    std::vector<std::string> names;
    for (const auto& [name, peer] : peers_) {
        if (!peer->ever_heard) names.push_back(name);
    }
    return names;
}

std::vector<std::string> Peers::connected() const {
    const std::lock_guard lock{mutex_};
    std::vector<std::string> names;
    for (const auto& [name, peer] : peers_) {
        if (alive(*peer)) names.push_back(name);
    }
    return names;
}

PeerReport Peers::report_of(const std::string& name, const Peer& peer) const {
    PeerReport report;
    const auto now = clock_.steady();
    report.name = name;
    report.connected = peer.open && alive(peer);
    report.cut = peer.cut;
    report.last_contact_seconds = seconds(now - (peer.ever_heard ? peer.last_heard : started_));
    report.clock_ahead_seconds = peer.clock_ahead;
    if (const auto round_trip = peer.liveness.round_trip())
        report.round_trip_seconds = seconds(*round_trip);
    report.trouble = peer.trouble;
    report.differs = peer.differs;
    report.applied_per_second = applied_per_second(name, peer);
    report.troubles.assign(peer.troubles.begin(), peer.troubles.end());
    for (const auto& [origin, seq] : peer.received) {
        const std::uint64_t here = model::seq_in(applied_here_, origin);
        if (seq > here) report.pending += seq - here;
    }
    if (!report.connected) {
        report.lag_seconds = report.last_contact_seconds;
    }
    if (!peer.pending.empty()) {
        report.lag_seconds =
            std::max(report.lag_seconds, seconds(now - peer.pending.front().heard));
    }
    return report;
}

std::vector<PeerReport> Peers::report() const {
    const std::lock_guard lock{mutex_};
    std::vector<PeerReport> reports;
    for (const auto& [name, peer] : peers_)
        reports.push_back(report_of(name, *peer));
    return reports;
}

double Peers::lag_seconds() const {
    double lag = 0;
    for (const PeerReport& peer : report())
        lag = std::max(lag, peer.lag_seconds);
    return lag;
}

std::size_t Peers::have_applied(const model::Dot& dot) const {
    const std::lock_guard lock{mutex_};
    return static_cast<std::size_t>(
        std::count_if(peers_.begin(), peers_.end(), [&dot](const auto& peer) {
            return model::seq_in(peer.second->applied, dot.origin) >= dot.seq;
        }));
}

bool Peers::any_lacks(const model::Dot& dot) const {
    const std::lock_guard lock{mutex_};
    const auto now = clock_.steady();
    return std::any_of(peers_.begin(), peers_.end(), [&](const auto& named) {
        const Peer& peer = *named.second;
        const bool expected = peer.ever_heard && now - peer.last_heard < restart_max;
        return expected && !peer.cut && model::seq_in(peer.applied, dot.origin) < dot.seq;
    });
}

bool Peers::all_tried() const {
    const std::lock_guard lock{mutex_};
    return std::all_of(peers_.begin(), peers_.end(),
                       [](const auto& peer) { return peer.second->tried; });
}

model::Position Peers::known_elsewhere() const {
    const std::lock_guard lock{mutex_};
    model::Position all;
    for (const auto& [name, peer] : peers_) {
        for (const auto& [origin, seq] : peer->received) {
            std::uint64_t& highest = all[origin];
            highest = std::max(highest, seq);
        }
    }
    return all;
}

model::Position Peers::received_by(std::string_view name) const {
    const std::lock_guard lock{mutex_};
    const Peer* peer = find(name);
    return peer ? peer->received : model::Position{};
}

model::Position Peers::reachable_received(std::string_view except) const {
    const std::lock_guard lock{mutex_};
    model::Position all;
    for (const auto& [name, peer] : peers_) {
        if (name == except || !alive(*peer)) continue;
        for (const auto& [origin, seq] : peer->received) {
            std::uint64_t& highest = all[origin];
            highest = std::max(highest, seq);
        }
    }
    return all;
}

std::vector<std::string> Peers::who_has(const model::Dot& dot) const {
    const std::lock_guard lock{mutex_};
    std::vector<std::string> names;
    for (const auto& [name, peer] : peers_) {
        const bool has = model::seq_in(peer->received, dot.origin) >= dot.seq;
        if (has && !peer->cut) names.push_back(name);
    }
    return names;
}

}  // namespace reef::peers
