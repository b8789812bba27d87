#include "replication/inbox.hpp"

#include <algorithm>

#include "base/log.hpp"
#include "model/abridged.hpp"

namespace reef::replication {

using namespace model;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t forks_max = 1000;  // remembered, so that each is logged once

bool is_member(std::string_view origin, const store::Ledger& ledger, const peers::Peers& peers) {
    const std::string_view node = node_of(origin);
    return node == node_of(ledger.self) || peers.knows(node);
}

// Whether a vector may name it: also a node that was taken out of the app, and is in rows.
bool is_known(const Dot& dot, const store::Ledger& ledger, const peers::Peers& peers) {
    return dot.origin == base_origin || is_member(dot.origin, ledger, peers) ||
           ledger.origins.contains(dot.origin) || !peers.who_has(dot).empty();
}

}  // namespace

Result<void> check_change(const Change& change, const store::Ledger& ledger,
                          const peers::Peers& peers) {
    for (const VectorEntry& entry : change.row.vector.entries()) {
        if (!is_known({entry.origin, entry.seq}, ledger, peers)) {
            return Error{Errc::invalid,
                         "its vector names " + entry.origin + ", which is no node of this app"};
        }
    }
    return {};
}

// The changes of one origin that are held: in order, early, or waiting for this node's clock.
struct Inbox::Origin {
    std::map<std::uint64_t, commit::ChangeRun::Entry> window;  // by seq
    std::size_t bytes = 0;
    std::uint64_t handed = 0;          // the last one that the committer was given
    std::uint64_t named = 0;           // the last one that a source named without its content
    std::uint64_t seen = 0;            // received here, when last looked at …
    std::chrono::nanoseconds moved{};  // … and when it was seen to move
    bool looked_at = false;            // for gaps, before
    bool held = false;                 // its next change is stamped ahead of this clock

    bool is_full(const InboxOptions& options) const {
        return window.size() >= options.window_changes_max || bytes >= options.window_bytes_max;
    }
    // Whether what is held, and this one, is early.
    bool waits_with(std::uint64_t seq, std::uint64_t next) const {
        return seq > next && (window.empty() || window.begin()->first > next);
    }
    // Changes that came early must not keep out those that they wait for. The latest ones are
    // dropped, and will come again.
    void make_room(const InboxOptions& options) {
        while (window.size() > options.window_changes_max / 2 ||
               (bytes > options.window_bytes_max / 2 && !window.empty())) {
            const auto last = std::prev(window.end());
            bytes -= last->second.json.size();
            window.erase(last);
        }
    }
    void drop_through(std::uint64_t seq) {
        while (!window.empty() && window.begin()->first <= seq) {
            bytes -= window.begin()->second.json.size();
            window.erase(window.begin());
        }
    }
};

Inbox::Inbox(InboxParts parts, InboxOptions options)
    : parts_(std::move(parts)), options_(options), arrived_(parts_.clock), applied_(parts_.clock) {}

Inbox::~Inbox() = default;

std::uint64_t Inbox::received(std::string_view origin) const {
    const auto ledger = parts_.progress.ledger();
    const auto mark = ledger->origins.find(origin);
    return mark == ledger->origins.end() ? 0 : mark->second.received;
}

void Inbox::lead(bool on) {
    if (std::exchange(leads_, on) == on) return;
    start_again({Errc::unavailable, "the lease has another holder"});
}

Task<Inbox::Taken> Inbox::take(Delivery delivery) {
    Taken taken;
    if (!leads_) co_return Error{Errc::unavailable, failed_};
    for (std::string& json : delivery.changes) {
        if (delivery.epoch != epoch_) co_return Error{Errc::unavailable, failed_};
        const auto stamp = stamp_in(json);
        if (!stamp) co_return Error{Errc::invalid, "what came is no change: it has no stamp"};
        Result<void> done = co_await take_change(*stamp, std::move(json), delivery, taken);
        if (!done) co_return done.error();
    }
    for (const std::string& json : delivery.names) {
        const auto stamp = stamp_in(json);
        if (!stamp) co_return Error{Errc::invalid, "what came names no change"};
        Result<void> done = co_await take_name(stamp->dot, json, delivery, taken);
        if (!done) co_return done.error();
    }
    if (delivery.epoch != epoch_) co_return Error{Errc::unavailable, failed_};
    arrived_.notify();
    co_return taken;
}

Task<void> Inbox::take_change(Stamp stamp, std::string json, const Delivery& delivery,
                              Taken& taken) {
    if (is_own_future(stamp.dot)) {
        // Where anybody may have made it, it is no reason to end this store's life.
        if (delivery.unproven) {
            report_fork(stamp.dot, delivery.source);
        } else {
            co_await parts_.life_watch.saw_own(stamp.dot, delivery.source);
        }
        co_return Result<void>{};
    }
    if (is_refused(stamp.dot, delivery)) co_return Result<void>{};
    Result<Verdict> verdict = co_await judge_when_there_is_room(stamp, json, delivery);
    if (!verdict) co_return verdict.error();
    if (*verdict == Verdict::full) {
        ++taken.dropped;
        ++counts_.dropped;
        co_return Result<void>{};
    }
    std::uint64_t& covers = taken.covers[stamp.dot.origin];
    covers = std::max(covers, stamp.dot.seq);
    if (*verdict == Verdict::early) ++counts_.early;
    if (*verdict != Verdict::known) put(stamp.dot, std::move(json));
    co_return Result<void>{};
}

Task<void> Inbox::take_name(Dot dot, const std::string& json, const Delivery& delivery,
                            Taken& taken) {
    const bool own = dot.origin == parts_.progress.ledger()->self;
    if (own || is_refused(dot, delivery)) co_return Result<void>{};
    std::uint64_t& covers = taken.covers[dot.origin];
    covers = std::max(covers, dot.seq);
    if (dot.seq <= received(dot.origin)) {
        Result<void> checked = co_await check_known(dot, json, delivery.source);
        co_return checked;
    }
    std::uint64_t& named = origins_[dot.origin].named;
    named = std::max(named, dot.seq);
    co_return Result<void>{};
}

// Waits for room only if the committer is about to make some.
Task<Inbox::Verdict> Inbox::judge_when_there_is_room(const Stamp& stamp, const std::string& json,
                                                     const Delivery& delivery) {
    for (;;) {
        if (delivery.epoch != epoch_) co_return Error{Errc::unavailable, failed_};
        const std::uint64_t seen = applied_.generation();
        Result<Verdict> verdict = co_await judge(stamp.dot, json, delivery.source);
        if (!verdict || *verdict != Verdict::full || !is_moving(stamp.dot.origin)) {
            co_return verdict;
        }
        arrived_.notify();
        static_cast<void>(co_await applied_.wait_beyond(seen, 100ms));
    }
}

// Changes that are in order leave the window soon. Early ones would wait for what may never come.
bool Inbox::is_moving(const OriginId& name) const {
    const Origin& origin = origins_.at(name);
    const std::uint64_t next = std::max(origin.handed, received(name)) + 1;
    return !origin.held && !origin.window.empty() && origin.window.begin()->first <= next;
}

Task<Inbox::Verdict> Inbox::judge(const Dot& dot, const std::string& json,
                                  const std::string& source) {
    Origin& origin = origins_[dot.origin];
    const std::uint64_t done = std::max(origin.handed, received(dot.origin));
    if (dot.seq <= done) {
        ++counts_.duplicates;
        Result<void> checked = co_await check_known(dot, json, source);
        if (!checked) co_return checked.error();
        co_return Verdict::known;
    }
    const auto held = origin.window.find(dot.seq);
    if (held != origin.window.end()) {
        ++counts_.duplicates;
        if (!is_same_change(held->second.json, json)) report_fork(dot, source);
        co_return Verdict::known;
    }
    if (origin.is_full(options_)) co_return Verdict::full;
    if (origin.waits_with(dot.seq, done + 1) && has_no_room_for_unknown(dot.origin)) {
        co_return Verdict::full;
    }
    const bool is_next =
        origin.window.empty() ? dot.seq == done + 1 : dot.seq == origin.window.rbegin()->first + 1;
    co_return is_next ? Verdict::next : Verdict::early;
}

// Checks that a known change has the same bytes as in the log, if the log still has it.
Task<void> Inbox::check_known(Dot dot, const std::string& json, const std::string& source) {
    auto entry = co_await parts_.reader.change(dot);
    if (!entry) co_return entry.error();
    if (*entry && !is_same_change((*entry)->json, json)) report_fork(dot, source);
    co_return Result<void>{};
}

void Inbox::report_fork(const Dot& dot, const std::string& source) {
    if (forks_.size() >= forks_max || !forks_.insert(dot).second) return;
    ++counts_.forks;
    // It is trouble of the node under whose name two changes are. Of this node no peer is in
    // trouble, unless it says so itself.
    const std::string_view node = node_of(dot.origin);
    const bool own = !parts_.peers.knows(node);
    if (own) ++counts_.own_forks;
    parts_.peers.alert(own ? std::string_view{source} : node, peers::fork, true);
    log::error("A fork: this change has another content here, or none is to have its name",
               {{"change", to_text(dot)}, {"source", source}});
}

// Such a change means that this node's store was restored from a backup, or that it is forged.
bool Inbox::is_own_future(const Dot& dot) const {
    const auto ledger = parts_.progress.ledger();
    return dot.origin == ledger->self && dot.seq > ledger->seq();
}

// Whether a change is of no node that this app has, or of a life too many. Of a node that was taken
// out of the app peers may still bring what they have.
bool Inbox::is_refused(const Dot& dot, const Delivery& delivery) {
    const auto ledger = parts_.progress.ledger();
    const auto ended = ledger->ended(dot.origin);
    if (ended && dot.seq > ended->last) {
        report_fork(dot, delivery.source);
        return true;
    }
    const bool known =
        dot.origin != base_origin && (is_member(dot.origin, *ledger, parts_.peers) ||
                                      (!delivery.unproven && !parts_.peers.who_has(dot).empty()));
    if (known) return is_one_life_too_many(dot, *ledger, delivery);
    if (++counts_.unknown_origins == 1) {
        log::warn("A change of a node that this app does not have: dropped, as all such",
                  {{"change", to_text(dot)}, {"source", delivery.source}});
    }
    return true;
}

bool Inbox::is_one_life_too_many(const Dot& dot, const store::Ledger& ledger,
                                 const Delivery& delivery) {
    if (ledger.origins.contains(dot.origin) || origins_.contains(dot.origin)) return false;
    const std::string_view node = node_of(dot.origin);
    const Position retired = ledger.retired();
    std::size_t all = ledger.origins.size() - retired.size();
    auto of_node = static_cast<std::size_t>(
        std::count_if(ledger.origins.begin(), ledger.origins.end(), [&](const auto& known) {
            return node_of(known.first) == node && !retired.contains(known.first);
        }));
    for (const auto& [name, origin] : origins_) {
        if (ledger.origins.contains(name)) continue;
        ++all;
        if (node_of(name) == node) ++of_node;
    }
    const bool refused = all >= position_entries_max ||
                         (delivery.unproven && of_node >= options_.unproven_lives_max);
    if (!refused) return false;
    parts_.peers.alert(node, peers::too_many_lives, true);
    if (++counts_.refused_lives == 1) {
        log::error(
            "A node's store has had too many lives: changes of one more are dropped, as all"
            " such. Retire those that have ended (atoll retire)",
            {{"change", to_text(dot)}, {"source", delivery.source}, {"lives", of_node}});
    }
    return true;
}

// Of origins that nobody may ever hear of again.
std::size_t Inbox::unknown_bytes(const store::Ledger& ledger) const {
    std::size_t bytes = 0;
    for (const auto& [name, origin] : origins_) {
        if (!ledger.origins.contains(name)) bytes += origin.bytes;
    }
    return bytes;
}

bool Inbox::has_no_room_for_unknown(const OriginId& name) const {
    const auto ledger = parts_.progress.ledger();
    return !ledger->origins.contains(name) && unknown_bytes(*ledger) >= options_.unknown_bytes_max;
}

// A change that can't be read is held as well: it is parked when its turn comes.
void Inbox::put(const Dot& dot, std::string json) {
    commit::ChangeRun::Entry entry = commit::ChangeRun::entry_of(parts_.schema, std::move(json));
    if (entry.refused.empty()) {
        const auto good = check_change(entry.change, *parts_.progress.ledger(), parts_.peers);
        if (!good) entry.refused = good.error().what;
    }
    Origin& origin = origins_[dot.origin];
    origin.bytes += entry.json.size();
    origin.window.emplace(dot.seq, std::move(entry));
}

// Returns changes that are in order, of one origin after the other, up to a transaction's bound.
commit::ChangeRun Inbox::next_run() {
    commit::ChangeRun run;
    auto origin = origins_.upper_bound(turn_);
    for (std::size_t i = 0; i < origins_.size(); ++i, ++origin) {
        if (origin == origins_.end()) origin = origins_.begin();
        if (run.entries.size() >= options_.run_changes_max) break;
        const std::size_t before = run.entries.size();
        move_ready(origin->first, origin->second, run);
        if (run.entries.size() > before) turn_ = origin->first;
    }
    return run;
}

void Inbox::move_ready(const OriginId& name, Origin& origin, commit::ChangeRun& run) {
    const std::uint64_t here = received(name);
    origin.drop_through(here);
    std::uint64_t next = here + 1;
    const std::int64_t latest =
        parts_.clock.now().us + std::chrono::microseconds{options_.clock_ahead_max}.count();
    bool held = false;
    while (!origin.window.empty() && run.entries.size() < options_.run_changes_max) {
        const auto first = origin.window.begin();
        if (first->first != next) break;
        held = first->second.change.stamp.time.us > latest;
        if (held) break;
        origin.bytes -= first->second.json.size();
        run.entries.push_back(std::move(first->second));
        origin.window.erase(first);
        origin.handed = next++;
    }
    if (std::exchange(origin.held, held) != held) {
        parts_.peers.alert(std::string{node_of(name)}, peers::clock_ahead, held);
        if (held) {
            log::warn("A change is stamped far ahead of this clock: it is held",
                      {{"change", name + ':' + std::to_string(next)}});
        }
    }
}

asio::awaitable<void> Inbox::run(ParkedListener parked) {
    for (;;) {
        const std::uint64_t seen = arrived_.generation();
        commit::ChangeRun run = next_run();
        if (run.entries.empty()) {
            static_cast<void>(co_await arrived_.wait_beyond(seen, 1s));
            continue;
        }
        Result<commit::Applied> applied = co_await parts_.committer.apply(std::move(run));
        if (!applied) {
            start_again(applied.error());
            Result<void> slept = co_await parts_.clock.sleep(100ms);
            if (!slept) co_return;  // stopping
        } else if (!applied->parked.empty()) {
            parked(applied->parked);
        }
        applied_.notify();
    }
}

// It is not known what became of the changes that the committer was given. So everything is
// forgotten, and every source begins at the store's position.
void Inbox::start_again(const Error& error) {
    ++epoch_;
    failed_ = error.what;
    origins_.clear();
}

// Returns the origins of which more changes are known to exist while none has come for a while.
std::vector<OriginId> Inbox::open_gaps() {
    const auto now = parts_.clock.steady();
    const Position elsewhere = parts_.peers.reachable_received();
    for (const auto& [name, seq] : elsewhere) {
        if (origins_.size() >= position_entries_max) break;
        if (name != parts_.progress.ledger()->self && seq > 0) origins_[name];
    }
    const auto tail_patience =
        parts_.progress.awaited() ? options_.tail_awaited : options_.tail_open;
    std::vector<OriginId> open;
    for (auto& [name, origin] : origins_) {
        const std::uint64_t here = received(name);
        const bool early = !origin.window.empty() && origin.window.begin()->first > here + 1;
        const bool tail = origin.window.empty() && seq_in(elsewhere, name) > here;
        const bool named = origin.named > here && (early || origin.window.empty());
        const bool first = !std::exchange(origin.looked_at, true);
        const bool moved =
            std::exchange(origin.seen, here) != here || (!early && !tail && !named) || first;
        if (moved) origin.moved = now;
        const auto patience = named   ? options_.name_open
                              : early ? options_.gap_open
                                      : tail_patience;
        if (now - origin.moved >= patience && origin.handed <= here) open.push_back(name);
    }
    return open;
}

asio::awaitable<void> Inbox::fill_gaps(GapSource& source) {
    for (;;) {
        Result<void> slept = co_await parts_.clock.sleep(options_.gap_look);
        if (!slept) co_return;  // stopping
        if (!leads_) continue;
        const std::vector<OriginId> gaps = open_gaps();
        for (const OriginId& origin : gaps) {
            Result<void> filled = co_await fill(origin, source);
            source.finish();
            if (!filled) origins_[origin].moved = parts_.clock.steady();  // again after a while
        }
    }
}

// Asks for one piece after the other, until what came early follows, or no peer has more.
Task<void> Inbox::fill(OriginId origin, GapSource& source) {
    std::uint64_t after = received(origin);
    for (std::uint32_t piece = 0; piece < options_.fill_pieces_max; ++piece) {
        Delivery delivery{"the log of a peer", epoch_, {}};
        Dot known{origin, after};
        auto changes = co_await source.changes_after(std::move(known), options_.fill_changes_max);
        if (!changes) co_return changes.error();
        if (changes->empty()) break;
        delivery.changes = std::move(*changes);
        counts_.filled += delivery.changes.size();
        origins_[origin].make_room(options_);
        auto taken = co_await take(std::move(delivery));
        if (!taken) co_return taken.error();
        const std::uint64_t reached = seq_in(taken->covers, origin);
        if (reached <= after || origins_[origin].window.contains(reached + 1)) break;
        after = reached;
    }
    co_return Result<void>{};
}

}  // namespace reef::replication
