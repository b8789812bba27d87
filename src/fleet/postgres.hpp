// A PostgreSQL cluster that the fleet runs for one node, or one read replica, and that holds its
// database.
#pragma once

#include "fleet/backing_service.hpp"

namespace reef::fleet {

struct PostgresOptions {
    std::string of;        // the node or replica
    std::string variable;  // gets the database's URL: "DATABASE_URL_US"
    std::string database;  // its name
    std::string data;      // the fleet's folder
    std::uint16_t port = 0;
};

// The role that owns the database needs no password: a user of this machine may change the rows
// through the API anyway. Nobody can connect as the cluster's superuser over the network.
// The server refuses to run as root, so root runs it as the user postgres.
// unavailable: PostgreSQL is not installed.
Result<BackingService> postgres_service(const PostgresOptions& options);

}  // namespace reef::fleet
