// Which of a node's processes applies what peers send, where several share one store.
#pragma once

#include <cstdint>
#include <optional>

#include "base/task.hpp"
#include "store/ledger.hpp"

namespace reef::store {

using namespace model;

struct LeaseUpdate {
    std::optional<Ledger> ledger;  // there were other batches since the last update
    std::uint64_t lease = 0;       // the one that this process holds; 0: another one has it
};

// This process's part in it. One process of the node holds the lease: it alone applies what peers
// send. It loses the lease when it dies, or gives no sign of life for more than a second. Each new
// lease has a higher number. Used on one executor.
class InstanceLease {
public:
    virtual ~InstanceLease() = default;  // gives the lease back
    // Waits until another process has saved a batch, or the next sign of life is due. Takes the
    // lease if nobody has it. unavailable: the database is away, and the lease is lost. broken: the
    // database lacks a batch that it had; `known` is the newest that this process knows.
    virtual Task<LeaseUpdate> next(std::uint64_t known) = 0;
};

}  // namespace reef::store
