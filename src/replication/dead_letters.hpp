// Changes that this store's database refused, or that could not be read. Each is parked with its
// record, and all other records go on. If another try may help, it is replayed three times by
// itself; then it waits for a person to replay or to discard it. Messages of a broker that are no
// change are dead letters too: a replay sends them to their topic again.
#pragma once

#include <chrono>
#include <deque>
#include <string>
#include <vector>

#include "brokers/broker_link.hpp"
#include "commit/committer.hpp"
#include "commit/progress.hpp"
#include "peers/snapshot.hpp"
#include "store/conflicts.hpp"

namespace reef::replication {

struct DeadLetterParts {
    const model::Schema& schema;
    commit::Committer& committer;
    commit::Progress& progress;
    store::ConflictReader& reader;  // on `executor`
    const peers::PeerCallsByName& calls;
    Clock& clock;
    asio::any_io_executor executor;
    brokers::BrokerLink* broker = nullptr;  // null: the node has none
};

class DeadLetters {
public:
    explicit DeadLetters(DeadLetterParts parts) : parts_(std::move(parts)) {}

    // From any thread; the caller resumes on its own executor. Each call is about the record of the
    // letter: all letters of that record are settled, in the order in which they came. Returns how
    // many were. not_found: there is no such letter.

    // rejected: the database still refuses it, and why. invalid: it still can't be read.
    Task<std::size_t> replay(std::uint64_t id);
    // The record is taken from a peer that has these changes inside. unavailable: none was found.
    Task<std::size_t> discard(std::uint64_t id);
    // What they say is given up here, and listed with the conflicts.
    Task<std::size_t> waive(std::uint64_t id, std::string reason);

    // On the executor: the record can be read again, so what waited for that is tried once more.
    Task<void> replay_all_of(model::RecordRef ref);
    // On the executor: the committer has parked these.
    void parked(const std::vector<commit::Parked>& letters);
    asio::awaitable<void> retry();  // until it is cancelled

private:
    using Letters = std::vector<store::DeadLetter>;
    struct Retry {
        model::Dot letter;
        std::size_t tries = 0;
        std::chrono::nanoseconds due{};
    };

    Task<Letters> all();
    Task<Letters> of_record_of(std::uint64_t id);
    Task<std::size_t> replay_here(std::uint64_t id);
    Task<std::size_t> discard_here(std::uint64_t id);
    Task<std::size_t> waive_here(std::uint64_t id, std::string reason);
    Task<std::size_t> settle(commit::Settlement settlement);
    Task<std::size_t> give_up(const Letters& letters, std::string reason);
    Task<std::size_t> send_again(Letters letters);
    Task<model::Row> row_of_a_peer(model::RecordRef ref, const Letters& letters);
    Result<commit::Settlement> as_they_came(Letters letters) const;
    Task<void> try_again(Retry retry);

    const DeadLetterParts parts_;
    std::deque<Retry> retries_;  // by when they are due, nearly
};

}  // namespace reef::replication
