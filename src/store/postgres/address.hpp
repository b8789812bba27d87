// Where a database is. Host names are looked up here, since libpq would block its thread meanwhile.
#pragma once

#include <string>

#include "base/program.hpp"
#include "base/task.hpp"

namespace reef::store::postgres {

// Both "" when the URL has an address itself, a socket's folder, or several hosts: then libpq takes
// what the URL says. Else lists of equal length, "db,db" and "10.0.0.7,fd00::7".
struct Address {
    std::string host, hostaddr;
};

// unavailable: the name is not known now.
Task<Address> resolve(asio::any_io_executor executor, std::string url);

// The variables by which PostgreSQL's own programs find the same database (PGHOST, PGPASSWORD, …):
// their arguments can be seen by everybody on this machine.
Variables environment_of(const std::string& url);

// "host:port/database", without user and password, for messages.
std::string place_of(const std::string& url);
// invalid: libpq cannot read it.
Result<void> check_url(const std::string& url);

}  // namespace reef::store::postgres
