// The inbox stands between every source of changes (a peer's feed, a broker) and the committer. A
// source may deliver changes twice, out of order, with gaps, of one origin or of several; the
// committer gets each origin's changes in order, once. The inbox lives on one executor, and all
// calls come from there.
//
// Per origin it takes `received + 1`, drops what is known already, and holds a bounded window of
// what came early. A gap that stays open is filled from peers; at once, where a source only named a
// change. Another content under a known name
// is a fork: it is reported, and never applied. What can't be read is parked with its record.
//
// Each life of a store that is taken is known for long. So there are bounds: position_entries_max
// for all of them, and fewer for one node as long as nothing proves that it had so many.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "brokers/change_intake.hpp"
#include "commit/committer.hpp"
#include "commit/progress.hpp"
#include "peers/peers.hpp"
#include "replication/life_watch.hpp"
#include "store/log.hpp"

namespace reef::replication {

struct InboxOptions {
    std::size_t run_changes_max = 512;         // applied in one transaction
    std::size_t window_changes_max = 2048;     // held for one origin …
    std::size_t window_bytes_max = 8 << 20;    // … and of so many bytes
    std::size_t unknown_bytes_max = 64 << 20;  // held early of all origins that are new here
    std::size_t unproven_lives_max = 256;    // of one node's stores, where anybody may name another
    std::uint32_t fill_changes_max = 512;    // asked for at a time …
    std::uint32_t fill_pieces_max = 64;      // … and so often, before other gaps have their turn
    std::chrono::milliseconds gap_look{50};  // between two looks for gaps
    std::chrono::milliseconds gap_open{500};     // without progress, before a gap is filled
    std::chrono::milliseconds name_open{20};     // the same where a change came by its name alone
    std::chrono::milliseconds tail_open{3000};   // the same where only heartbeats tell of more …
    std::chrono::milliseconds tail_awaited{50};  // … and a request here waits for it
    std::chrono::seconds clock_ahead_max{60};    // a change stamped further ahead is held
};

// For metrics; readable from any thread.
struct InboxCounts {
    std::atomic<std::uint64_t> duplicates{0};
    std::atomic<std::uint64_t> early{0};    // came before one that they follow
    std::atomic<std::uint64_t> dropped{0};  // the window was full: they will be asked for
    std::atomic<std::uint64_t> filled{0};   // came from a peer's log, not from their source
    std::atomic<std::uint64_t> forks{0};
    std::atomic<std::uint64_t> own_forks{0};        // of them under this node's own name
    std::atomic<std::uint64_t> unknown_origins{0};  // of origins that this app does not have
    std::atomic<std::uint64_t> refused_lives{0};    // of a life too many of a node's store
};

// Where an origin's changes can be had when their source has lost some.
class GapSource {
public:
    virtual ~GapSource() = default;
    // At most `count` of what follows `after`, in order. unavailable: nobody who has it can be
    // reached. not_found: no log holds it any more.
    virtual Task<std::vector<std::string>> changes_after(model::Dot after, std::uint32_t count) = 0;
    // No more is wanted for now: what was fetched ahead is dropped.
    virtual void finish() {}
};

struct InboxParts {
    const model::Schema& schema;
    commit::Committer& committer;
    commit::Progress& progress;
    store::LogReader& reader;
    peers::Peers& peers;
    LifeWatch& life_watch;
    Clock& clock;
};

class Inbox final : public brokers::ChangeIntake {
public:
    using Delivery = brokers::Delivery;
    using Taken = brokers::Taken;

    Inbox(InboxParts parts, InboxOptions options = {});
    ~Inbox() override;

    std::uint64_t epoch() const override { return epoch_; }

    // Whether this process applies; while another one of the node does, nothing is taken. Each
    // change begins a new epoch.
    bool leads() const override { return leads_; }
    void lead(bool on);

    // Waits only while an origin's window is full of what can be applied.
    Task<Taken> take(Delivery delivery) override;

    // Until it is cancelled: hands to the committer what is in order. `parked` is told of what
    // became dead letters, after each batch with some.
    using ParkedListener = std::function<void(const std::vector<commit::Parked>&)>;
    asio::awaitable<void> run(ParkedListener parked);
    // Until it is cancelled: looks for gaps, and fills them from `source`.
    asio::awaitable<void> fill_gaps(GapSource& source);

    const InboxCounts& counts() const { return counts_; }

private:
    struct Origin;
    enum class Verdict : std::uint8_t {
        next,   // it follows what is here
        known,  // it came before
        early,  // one that it follows is missing
        full,   // the origin's window takes no more
    };

    Task<void> take_change(model::Stamp stamp, std::string json, const Delivery& delivery,
                           Taken& taken);
    Task<void> take_name(model::Dot dot, const std::string& json, const Delivery& delivery,
                         Taken& taken);
    Task<Verdict> judge_when_there_is_room(const model::Stamp& stamp, const std::string& json,
                                           const Delivery& delivery);
    Task<Verdict> judge(const model::Dot& dot, const std::string& json, const std::string& source);
    bool is_moving(const model::OriginId& name) const;
    Task<void> check_known(model::Dot dot, const std::string& json, const std::string& source);
    bool is_own_future(const model::Dot& dot) const;
    bool is_refused(const model::Dot& dot, const Delivery& delivery);
    bool is_one_life_too_many(const model::Dot& dot, const store::Ledger& ledger,
                              const Delivery& delivery);
    std::size_t unknown_bytes(const store::Ledger& ledger) const;
    bool has_no_room_for_unknown(const model::OriginId& name) const;
    void report_fork(const model::Dot& dot, const std::string& source);
    void put(const model::Dot& dot, std::string json);
    commit::ChangeRun next_run();
    void move_ready(const model::OriginId& name, Origin& origin, commit::ChangeRun& run);
    void start_again(const Error& error);
    std::vector<model::OriginId> open_gaps();
    Task<void> fill(model::OriginId origin, GapSource& source);
    std::uint64_t received(std::string_view origin) const;

    const InboxParts parts_;
    const InboxOptions options_;
    InboxCounts counts_;
    Watch arrived_;  // something was put into a window
    Watch applied_;  // something was taken out
    std::map<model::OriginId, Origin, std::less<>> origins_;
    model::OriginId turn_;  // whose changes went last: the next run begins behind it
    std::set<model::Dot> forks_;
    std::uint64_t epoch_ = 1;
    bool leads_ = true;
    std::string failed_;  // why the last epoch ended
};

// What a peer says is untrusted input: numbers within their bounds, origins of members.
Result<void> check_change(const model::Change& change, const store::Ledger& ledger,
                          const peers::Peers& peers);

}  // namespace reef::replication
