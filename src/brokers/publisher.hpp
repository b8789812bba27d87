// Sends this node's own changes to a broker, in order. It reads them from the node's log whenever a
// commit wakes it. The log is the queue: while the broker is away the changes wait there, and
// nothing else waits for them.
//
// The publisher saves once a second how far the broker has confirmed. After a crash it sends the
// last second's changes again, and receivers know them by their names. If the log was trimmed
// before the broker had it, receivers find the gap and ask the peers. If the topic was made anew,
// it gets everything that the log holds.
//
// When the store begins a new life, what it has of the old one and had not sent yet still goes to
// the broker: where no peer can be asked, nobody else would get it. What it then takes of the old
// life from others is not sent again.
//
// Where each node has a queue of its own, a change is as many messages. One that is too long for a
// message's headers goes by its name and hash (model/abridged.hpp): who gets that asks the peers.
#pragma once

#include <atomic>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "brokers/change_signer.hpp"
#include "brokers/message_shape.hpp"
#include "brokers/trouble.hpp"
#include "commit/committer.hpp"
#include "commit/progress.hpp"
#include "store/log.hpp"

namespace reef::brokers {

struct PublisherOptions {
    store::ScanLimits piece{2048, 4 << 20};      // sent at a time, one round trip to the broker
    std::chrono::milliseconds save_after{1000};  // between two notes of how far it is
    std::chrono::milliseconds retry_min{100};
    std::chrono::milliseconds retry_max{2000};
    std::uint32_t random_seed = std::random_device{}();
};

struct PublisherParts {
    const model::Schema& schema;
    commit::Committer& committer;
    commit::Progress& progress;
    store::LogReader& reader;
    Clock& clock;
    const MessageShape& shape;
    const ChangeSigner& signer;
};

class Publisher {
public:
    Publisher(PublisherParts parts, std::unique_ptr<Sink> sink, PublisherOptions options = {});
    ~Publisher();

    // Runs until it is cancelled.
    asio::awaitable<void> run();
    // While another process of the node publishes, this one waits. When it leads again it goes on
    // where the other process stopped.
    void lead(bool on) { leads_ = on; }
    bool leads() const { return leads_; }  // from any thread

    // From any thread: the last of this node's changes that the broker has confirmed.
    std::uint64_t confirmed() const { return confirmed_; }
    // The broker took what it was given last.
    bool connected() const { return connected_; }
    std::string trouble() const { return trouble_.text(); }  // why it takes nothing; "": it does

private:
    void begin();
    void go_on_with(const model::OriginId& origin, std::uint64_t sent, std::uint64_t received);
    Task<std::size_t> publish_piece();
    std::vector<Message> messages_of(const store::LogEntry& entry) const;
    std::vector<Message> shaped(const store::LogEntry& entry) const;
    void take_ends(const Ends& ends, const std::vector<store::LogEntry>& sent);
    model::Position wanted(const store::Ledger& ledger) const;
    Task<void> save_if_due();
    std::string cursor_text() const;

    const PublisherParts parts_;
    const PublisherOptions options_;
    const std::unique_ptr<Sink> sink_;
    model::OriginId self_;
    model::Position sent_;   // of this store's life, and of what is left of others: confirmed
    model::Position until_;  // of those others: the last to be sent
    Ends ends_;              // of what was confirmed, by place
    bool has_sent_ = false;  // the broker has confirmed something, in this life or an earlier one
    std::atomic<std::uint64_t> confirmed_{0};
    std::atomic<bool> connected_{false};
    std::atomic<bool> leads_{true};
    Trouble trouble_;
    std::string saved_;
    std::chrono::nanoseconds saved_at_{};
};

}  // namespace reef::brokers
