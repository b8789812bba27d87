// The store of a replica, as its database sees it: a store that keeps rows, sums and the position,
// and nothing else. The log, the list of conflicts and the dead letters are the primary's. A row
// that this database refuses is told, not parked. If its storage fails, the process goes on.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "store/store.hpp"

namespace reef::node {

struct ReplicaStoreOptions {
    // A request that took effect in two nodes is known by its id: where there are other nodes.
    bool keeps_requests = false;
    // On the committer's thread.
    std::function<void(const model::RecordRef&, const std::string& why)> refused = {};
    std::function<bool()> has_refused = {};                   // one that was not saved since
    std::function<void(const model::RecordRef&)> saved = {};  // while it has
    // Set when its storage has failed: it must be opened anew.
    std::atomic<bool>& broken;
};

std::unique_ptr<store::Store> make_replica_store(std::unique_ptr<store::Store> store,
                                                 ReplicaStoreOptions options);

}  // namespace reef::node
