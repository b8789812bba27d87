// The processes that share a PostgreSQL store: who holds the lease, and what the others have saved.
//
// The lease is a lock of its holder's session, so it ends with the process. Whoever wants it looks
// how long that session has said nothing: of one that sleeps it is taken away. A holder is told so
// by the number in atoll_leases, which each batch reads under the store's lock.
#pragma once

#include "store/postgres/connection.hpp"
#include "store/instance_lease.hpp"

namespace reef::store::postgres {

std::unique_ptr<InstanceLease> make_lease(asio::any_io_executor executor, const Schema& schema,
                                          ConnectionOptions options);

}  // namespace reef::store::postgres
