// Shows joined rows to other programs. A join makes no change of its own, so no message says what
// came of two writes that did not know of each other; a program that knows only versions has taken
// one of them and dropped the other. So one node sends the joined row: the lowest living one by
// name whose writes are inside. Its message carries no change, and Atoll nodes pass it over.
//
// While the broker is away, rows wait in memory. If the node dies meanwhile, other programs see
// such a row with the next write to it.
#pragma once

#include <chrono>
#include <memory>
#include <set>
#include <vector>

#include "brokers/message_shape.hpp"
#include "commit/progress.hpp"
#include "peers/peers.hpp"
#include "store/rows.hpp"

namespace reef::brokers {

struct JoinedRowsOptions {
    std::size_t waiting_max = 10'000;  // beyond it the next write to the row has to do
    std::size_t piece = 256;           // sent at a time
    std::chrono::milliseconds retry{500};
};

struct JoinedRowsParts {
    commit::Progress& progress;
    store::RowReader& reader;
    peers::Peers& peers;
    Clock& clock;
    const MessageShape& shape;
    Broker& broker;
};

// On one executor.
class JoinedRows {
public:
    explicit JoinedRows(JoinedRowsParts parts, JoinedRowsOptions options = {});
    ~JoinedRows();

    // Joined, and durable.
    void add(const std::vector<model::RecordRef>& joined);
    asio::awaitable<void> run();  // until it is cancelled

private:
    Task<void> show_piece();
    bool is_mine(const model::Vector& vector) const;

    const JoinedRowsParts parts_;
    const JoinedRowsOptions options_;
    Watch added_;
    std::unique_ptr<Sink> sink_;  // from the first row on that is shown
    std::set<model::RecordRef> waiting_;
};

}  // namespace reef::brokers
