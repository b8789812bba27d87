// What this node knows of each of its peers. Feeds tell it; replication, routes and metrics ask.
// From any thread.
#pragma once

#include <atomic>
#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/watch.hpp"
#include "model/intent.hpp"
#include "peers/beat.hpp"
#include "peers/liveness.hpp"
#include "peers/source.hpp"

namespace reef::peers {

// What a person must know of a peer, as /replication-lag, status and the metrics name it.
inline constexpr const char* needs_snapshot = "needs_snapshot";  // its log no longer reaches back
inline constexpr const char* fork = "fork";                  // it has another content under a name
inline constexpr const char* other_run = "other_run";        // it hears another process of ours
inline constexpr const char* other_rows = "other_rows";      // it began with rows that are not ours
inline constexpr const char* clock_ahead = "clock_ahead";    // its changes are from our future
inline constexpr const char* other_schema = "other_schema";  // its app has other fields
inline constexpr const char* too_many_lives = "too_many_lives";  // of its stores: no more are taken

// What a peer said last of lives of stores.
struct PeerLives {
    std::string name;
    bool reachable = false;
    model::Position received;
    model::Position applied;
    std::optional<std::map<model::OriginId, store::EndedLife>> ended;  // absent: it knows of none
};

struct PeerReport {
    std::string name;
    bool connected = false;  // its feed is open, and it is proven to be there
    bool cut = false;        // by `atoll cut`
    double lag_seconds = 0;
    std::uint64_t pending = 0;        // changes that it has and that are not applied here
    double applied_per_second = 0;    // of its own changes, here, over the last seconds
    double last_contact_seconds = 0;  // since it was last heard, or since this node's start
    double clock_ahead_seconds = 0;   // its clock against ours
    std::optional<double> round_trip_seconds;
    std::string trouble;                // why it is not connected
    std::string differs;                // between its app and ours, in words
    std::vector<std::string> troubles;  // of the names above
};

// Which process of a peer asks. Each part is "" where it is not said.
struct PeerRun {
    std::string run = {};       // its name: see store::Runs
    model::OriginId life = {};  // as which its store writes
};

struct PeersOptions {
    std::string self;                // our own name
    std::vector<std::string> order;  // of all nodes, as the app names them
    LinkBounds links;
    std::function<bool()> able = {};  // to decide about writes; empty: it is
};

class Peers {
public:
    Peers(std::vector<std::string> names, Clock& clock, PeersOptions options = {});
    ~Peers();

    // ---- told ----
    void on_heartbeat(const std::string& peer, const Heartbeat& heartbeat,
                      const model::Position& applied_here);
    void applied(const model::Position& applied_here);  // after each commit
    void on_disconnect(const std::string& peer, std::string trouble);
    void cut(const std::string& peer, bool cut);
    // Often, on the thread that listens: time passes for as long as this process runs.
    void tick();
    void on_beat(const std::string& peer, const Beat& beat);
    // Its answer to what was sent at that time of the steady clock.
    void on_answer(const std::string& peer, std::chrono::nanoseconds sent);
    void on_refused(const std::string& peer);  // nobody listens at its address
    // Which nodes the peer's app file names.
    void on_members(const std::string& peer, std::vector<std::string> members);
    // This node decided about a write in the peer's stead.
    void wrote_in_stead(const std::string& peer, const model::Dot& write);

    // What a person must know of a peer, for as long as it is so. Of nobody known it is dropped.
    void alert(std::string_view peer, const std::string& what, bool on);

    // In words, what its app has and ours lacks, or the other way round; "": nothing.
    void differs(std::string_view peer, std::string words);

    // ---- asked ----
    // Proven to be there (liveness.hpp), and not cut.
    bool reachable(std::string_view peer) const;
    // How long it stays so without another sign of it; 0 or less: it is not.
    std::chrono::nanoseconds silent_in(std::string_view peer) const;
    // Who decides about a write to a record of that home, if it was passed on by those already.
    model::Decider decider(std::string_view home, const std::vector<std::string>& passed) const;
    // What peers' app files name where that is not what this node's names.
    std::vector<std::vector<std::string>> other_members() const;
    // The last writes in this node's stead that peers were heard to have made.
    model::Position written_in_our_stead() const;
    // What to tell the peer now. Counted as sent.
    Beat beat_for(const std::string& peer);
    // Whether beats say that it is there; else its feed alone does.
    bool beats(std::string_view peer) const;
    // 0: not measured yet.
    std::chrono::nanoseconds round_trip(std::string_view peer) const;
    bool is_cut(std::string_view peer) const;
    // Since it was last heard, or since this node's start. 0 while it is reachable, and of nobody
    // known.
    std::chrono::nanoseconds silence_of(std::string_view peer) const;
    bool knows(std::string_view peer) const;
    // Whether the peer is reachable on another store than the one on which this process of it runs.
    bool hears_other_run(std::string_view peer, const PeerRun& asking) const;
    // Those that have not been heard since this node started.
    std::vector<std::string> unheard() const;
    // Peers whose feed is alive: they bring their own changes, so other peers need not.
    std::vector<std::string> connected() const;
    std::vector<PeerReport> report() const;
    // DESIGN 5: the age of the oldest change known to exist elsewhere and not applied here; of a
    // silent peer the time since it was last heard. Never negative.
    double lag_seconds() const;
    // How many peers have applied this write.
    std::size_t have_applied(const model::Dot& dot) const;
    // Whether a peer that is there, or was a moment ago and may be starting again, has not applied
    // this write yet.
    bool any_lacks(const model::Dot& dot) const;
    // True once every peer has either said where it stands or could not be reached.
    bool all_tried() const;
    // Everything that peers were heard to have.
    model::Position known_elsewhere() const;
    // What this peer was last heard to have.
    model::Position received_by(std::string_view peer) const;
    // What can be got of others now, but for `except`.
    model::Position reachable_received(std::string_view except = {}) const;
    // Peers that can be asked and have this change.
    std::vector<std::string> who_has(const model::Dot& dot) const;
    bool has_trouble(std::string_view what) const;  // of any peer
    std::vector<PeerLives> lives() const;
    // Whether a peer stated a position of this origin, other than as one that has ended.
    bool anyone_states(std::string_view origin) const;
    // Whether its log does not reach back, or it was not reached yet since this node started.
    bool may_give_snapshot(std::string_view peer) const;
    // Notified whenever something is told.
    Watch& watch() { return watch_; }

private:
    struct Applied;
    struct Peer;
    struct Pending;

    Peer& at(std::string_view name);
    const Peer* find(std::string_view name) const;
    PeerReport report_of(const std::string& name, const Peer& peer) const;
    bool alive(const Peer& peer) const;
    bool decides(const Peer& peer) const;
    std::chrono::nanoseconds awake() const;
    std::string member_for(std::string_view home) const;
    std::uint64_t applied_of(std::string_view name) const;
    double applied_per_second(const std::string& name, const Peer& peer) const;

    Clock& clock_;
    const PeersOptions options_;
    Watch watch_;
    const std::chrono::nanoseconds started_;
    std::atomic<bool> written_in_our_stead_{false};  // ever: most nodes need not look
    mutable std::mutex mutex_;                       // guards what follows
    std::chrono::nanoseconds awake_{};               // how long this process has run, at …
    std::chrono::nanoseconds ticked_;                // … this time
    std::map<std::string, std::unique_ptr<Peer>, std::less<>> peers_;
    model::Position applied_here_;
};

}  // namespace reef::peers
