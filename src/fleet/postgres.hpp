// A PostgreSQL cluster of a fleet's own, with the database of one node in it.
#pragma once

#include "fleet/backing_service.hpp"

namespace reef::fleet {

struct PostgresOptions {
    std::string node;
    std::string variable;  // that takes the database's URL: "DATABASE_URL_US"
    std::string database;  // its name
    std::string data;      // the fleet's folder
    std::uint16_t port = 0;
};

// Who is on this machine may do with the rows what he may do through the API: the role that owns
// the database needs no password, and nobody can be the cluster's superuser over the network.
// The server refuses root: there it runs as the user postgres.
// unavailable: PostgreSQL is not installed.
Result<BackingService> postgres_service(const PostgresOptions& options);

}  // namespace reef::fleet
