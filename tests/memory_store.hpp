// A store without a disk: the contract suite's second opinion, and what the simulation runs on. One
// thread uses a store and all that it gave out. Nothing suspends, nothing depends on time.
#pragma once

#include "store/store.hpp"

namespace reef::store {

std::unique_ptr<Store> open_memory(const Schema& schema, StoreOptions options);
// What is saved in it now, as a store of its own: a backup. Of a store that open_memory() made.
std::unique_ptr<Store> copy_memory(const Store& store);

}  // namespace reef::store
