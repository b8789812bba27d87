// Where a node with read replicas answers reads from: one of the replicas, or its own store. The
// node says which; the routes of records ask it for each read.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>

#include "model/vector.hpp"
#include "store/ledger.hpp"
#include "store/rows.hpp"

namespace reef::api {

struct ReadNeeds {
    model::Position position = {};  // what the answer shows at least
    std::optional<std::chrono::nanoseconds> staleness_max = {};
};

// A replica, for one read.
struct ReadSource {
    std::shared_ptr<store::RowReader> rows;
    std::string_view name;
    std::size_t index = 0;                       // among the node's replicas
    std::chrono::nanoseconds age{};              // so far it may be behind
    std::shared_ptr<const store::Ledger> shows;  // its position; it may show more
};

// One per io thread, used there.
class ReadSources {
public:
    virtual ~ReadSources() = default;
    // The replica that answers the next read. Absent: the node's own store does. Known facts
    // decide: no replica is asked anything.
    virtual std::optional<ReadSource> next(const ReadNeeds& needs) = 0;
    // It could not answer: for a while it gets no reads, unless only this record cannot be read.
    virtual void failed(const ReadSource& source, const Error& error) = 0;
    // Returns when all replicas that take reads have this write, bounded. One that is slower takes
    // no reads until it has it.
    virtual asio::awaitable<void> wait_for(model::Dot written) = 0;
};

}  // namespace reef::api
