// A database on a PostgreSQL server of the tests' own (tests/postgres.py). CTest starts one server
// for all tests; a test program that is run by hand starts its own. The database is this process's,
// and is gone with it.
#pragma once

#include <memory>
#include <string>

namespace reef::store::test {

const std::string& postgres_url();

// Runs SQL there as another program would; the first column of the last result's first row.
std::string run_sql(const std::string& sql);

// The same in a transaction that stays open as long as what is returned.
std::shared_ptr<void> hold_sql(const std::string& sql);

}  // namespace reef::store::test
