// The tables of a database: made at the first start, checked and brought up to date at each.
#pragma once

#include "store/postgres/connection.hpp"
#include "store/store.hpp"

namespace reef::store::postgres {

// In one transaction. invalid: what is there is not this app's, or a newer version's.
Task<void> prepare_database(Connection& connection, const Schema& schema,
                            const StoreOptions& options);

}  // namespace reef::store::postgres
