// The processes that share a PostgreSQL store: who holds the lease, and what the others have saved.
//
// The lease is an advisory lock of its holder's session, so it ends with that process. A process
// that wants it ends the holder's session when that has been silent for more than a second, as when
// the holder is suspended. The former holder learns of it from the number in atoll_leases, which
// each batch reads under the store's lock.
#pragma once

#include "store/instance_lease.hpp"
#include "store/postgres/connection.hpp"

namespace reef::store::postgres {

// The lease's lock, for a session: "t", or "f" if another one has it.
extern const char* const take_lease_sql;

std::unique_ptr<InstanceLease> make_lease(asio::any_io_executor executor, const Schema& schema,
                                          ConnectionOptions options);

}  // namespace reef::store::postgres
