// The tables of a database: made at the first start, checked and brought up to date at each.
#pragma once

#include "store/postgres/connection.hpp"
#include "store/store.hpp"

namespace reef::store::postgres {

inline constexpr std::int64_t format = 1;  // of the tables that this version writes

// Waits for other processes that prepare the database at the same time; or, for a session, "t", or
// "f" if one does.
extern const char* const prepare_lock_sql;
extern const char* const try_prepare_lock_sql;

// In one transaction; says on what the store lies. invalid: what is there is not this app's, or a
// newer version's.
Task<StorageIdentity> prepare_database(Connection& connection, const Schema& schema,
                                       const StoreOptions& options);

}  // namespace reef::store::postgres
