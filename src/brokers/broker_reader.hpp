// Takes what a broker brings: changes go to the intake, messages of other programs to their import,
// what calls itself a change and is none is put aside. Each message is acknowledged by itself, when
// the store has what it says, never before. When the intake has forgotten what it held, or had no
// room for it, reading begins again: what was not acknowledged comes once more. On one executor.
//
// A broker that keeps no messages gives only so many before some are acknowledged. So where some
// wait for long (for a change before them that was lost, for a node that is cut off) and nothing
// else comes any more, they are acknowledged all the same: peers have these changes, too. The
// intake has no room for all that comes early either, and asks the peers for the rest.
//
// Where the app has a secret, a change whose signature is not good counts as not received, and so
// does one without a signature of a node that said that it signs. If it is a forgery, the true one
// comes as well; if it is none, the gap is filled from peers.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "brokers/broker.hpp"
#include "brokers/change_intake.hpp"
#include "brokers/change_signer.hpp"
#include "brokers/dead_messages.hpp"
#include "brokers/foreign.hpp"
#include "brokers/foreign_calls.hpp"
#include "brokers/trouble.hpp"
#include "commit/progress.hpp"
#include "peers/peers.hpp"

namespace reef::brokers {

struct BrokerReaderOptions {
    std::chrono::milliseconds retry_min{100};
    std::chrono::milliseconds retry_max{1000};
    // A message that waits for longer is acknowledged where nothing else comes because of it.
    std::chrono::milliseconds waits_max{5000};
    std::uint32_t random_seed = std::random_device{}();
    // How far all have come that are to have what is read. Absent: how far this store has.
    std::function<model::Position()> had_by_all = {};
};

struct BrokerReaderParts {
    commit::Progress& progress;
    peers::Peers& peers;
    Clock& clock;
    Broker& broker;
    ChangeIntake& intake;
    DeadMessages& dead;
    ForeignMessages* foreign = nullptr;  // null: other programs' messages are no records …
    ForeignCalls* calls = nullptr;       // … and no calls: they are passed over
    const ChangeSigner& signer;
};

// Set in a store when that node said that it signs its changes: from then on it must.
std::string signs_cursor(std::string_view node);

// For metrics; readable from any thread.
struct BrokerReaderCounts {
    std::atomic<std::uint64_t> arrived{0};
    std::atomic<std::uint64_t> foreign{0};     // without a change: of other programs
    std::atomic<std::uint64_t> not_signed{0};  // whose signature is missing or not good
    std::atomic<bool> reading{false};
};

class BrokerReader {
public:
    BrokerReader(BrokerReaderParts parts, BrokerReaderOptions options);
    ~BrokerReader();

    // Both run until they are cancelled.
    asio::awaitable<void> run();
    asio::awaitable<void> acknowledge();

    // Nobody has what follows `gap`, but the broker may: reading begins again with the oldest
    // message that is there. Once for each gap.
    void begin_anew(const model::Dot& gap);
    // Whether all that lay at the broker when reading began is in the store.
    bool has_read_all() const;

    const BrokerReaderCounts& counts() const { return counts_; }
    std::string trouble() const { return trouble_.text(); }  // why it reads nothing; "": it does

private:
    struct Waiting {
        std::uint64_t mark = 0;
        std::chrono::nanoseconds since{};
    };
    struct Importing {
        std::uint64_t number = 0;  // among other programs' messages
        std::uint64_t mark = 0;
    };
    struct Said {  // which change a message says
        model::Dot change;
        std::uint64_t mark = 0;
    };
    struct Sorted {  // by what is done with them
        Delivery changes;
        std::vector<Said> said;  // by all of `changes`
        std::vector<Arrived> foreign;
        std::vector<Arrived> unusable;
    };

    model::Position had() const;
    Task<void> follow();
    Task<void> read();
    Task<void> take(std::vector<Arrived> arrived);
    Sorted sort(std::vector<Arrived> arrived);
    void sort_change(Arrived arrived, Sorted& sorted);
    bool must_be_signed(const model::OriginId& origin) const;
    void drop_unsigned(const Arrived& arrived);
    Task<void> put_aside(Arrived unusable, std::string reason);
    Task<void> take_changes(Delivery changes, std::vector<Said> said);
    Task<void> take_foreign(std::vector<Arrived> arrived);
    void take_calls(std::vector<Arrived> arrived);
    void await_settled(std::uint64_t last, const std::vector<std::uint64_t>& marks);
    std::uint64_t settled() const;
    Task<std::vector<ForeignMessages::Read>> read_foreign(std::vector<Arrived> arrived);
    void wait_for(const Said& said);
    void acknowledge_durable();
    void give_up_waiting();
    void pass_over(const Arrived& arrived);
    bool is_held(const model::OriginId& origin);
    bool must_begin_again() const;

    const BrokerReaderParts parts_;
    const BrokerReaderOptions options_;
    BrokerReaderCounts counts_;
    std::unique_ptr<BrokerFeed> feed_;
    model::Position taken_;    // of others' changes, by this feed
    bool taking_ = false;      // what arrived is not all in taken_ yet
    std::uint64_t epoch_ = 0;  // of the intake, when the feed began
    // What this feed gave and the broker was not told to be done: by origin and seq what waits
    // until the store has that change, what waits for its import, and what is done.
    std::map<model::OriginId, std::multimap<std::uint64_t, Waiting>> waiting_;
    std::deque<Importing> importing_;
    std::vector<std::uint64_t> done_;
    bool gave_up_ = false;                     // on some that waited, in this feed
    std::set<std::string, std::less<>> held_;  // nodes cut off, some of whose changes were left
    bool from_start_ = false;
    model::Dot gap_;  // for which reading began anew
    Trouble trouble_;
};

}  // namespace reef::brokers
