// Takes what a broker brings: changes go to the intake, messages of other programs to their import,
// what calls itself a change and is none is put aside. What was taken is acknowledged when the
// store has it, never before. When the intake has forgotten what it held, or had no room for it,
// reading begins again behind what was acknowledged. On one executor.
//
// Where the app has a secret, a change whose signature is not good counts as not received, and so
// does one without a signature of a node that said that it signs. If it is a forgery, the true one
// comes as well; if it is none, the gap is filled from peers.
#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "brokers/broker.hpp"
#include "brokers/change_intake.hpp"
#include "brokers/change_signer.hpp"
#include "brokers/dead_messages.hpp"
#include "brokers/foreign.hpp"
#include "commit/progress.hpp"
#include "peers/peers.hpp"

namespace reef::brokers {

struct BrokerReaderOptions {
    std::chrono::milliseconds retry_min{100};
    std::chrono::milliseconds retry_max{1000};
};

struct BrokerReaderParts {
    commit::Progress& progress;
    peers::Peers& peers;
    Clock& clock;
    Broker& broker;
    ChangeIntake& intake;
    DeadMessages& dead;
    ForeignMessages* foreign = nullptr;  // null: other programs' messages are passed over
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

private:
    struct Unacknowledged {
        std::uint64_t mark = 0;
        model::Position covers;     // when this is received here …
        std::uint64_t foreign = 0;  // … and what others wrote is settled up to this number
    };
    struct Sorted {  // by what is done with them
        Delivery changes;
        std::vector<Arrived> foreign;
        std::vector<Arrived> unusable;
    };

    Task<void> follow();
    Task<void> read();
    Task<void> take(std::vector<Arrived> arrived);
    Sorted sort(std::vector<Arrived> arrived, model::Position& held_back);
    void sort_change(Arrived arrived, Sorted& sorted, model::Position& held_back);
    bool must_be_signed(const model::OriginId& origin) const;
    void drop_unsigned(const Arrived& arrived);
    Task<void> put_aside(std::vector<Arrived> unusable);
    Task<void> take_changes(Delivery changes, Unacknowledged& entry);
    Task<void> take_foreign(std::vector<Arrived> arrived, Unacknowledged& entry);
    Task<std::vector<ForeignMessages::Read>> read_foreign(std::vector<Arrived> arrived);
    void acknowledge_durable();
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
    std::deque<Unacknowledged> unacknowledged_;
    std::uint64_t acknowledged_ = 0;           // mark of this feed
    std::set<std::string, std::less<>> held_;  // nodes cut off, some of whose changes were left
    bool from_start_ = false;
    model::Dot gap_;  // for which reading began anew
};

}  // namespace reef::brokers
