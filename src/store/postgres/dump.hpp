// A copy of a node's database in one file, as PostgreSQL's pg_dump writes it: its custom format,
// of one moment, with everything in the schema `public`.
#pragma once

#include <string>

#include "store/backup.hpp"
#include "store/postgres/ledger.hpp"

namespace reef::store::postgres {

// PostgreSQL's programs, and how they find a node's database.
struct DumpTools {
    std::string folder;  // of the server's version, where it is installed
    Variables database;
};

// Overwrites `file`.
Result<void> dump(const DumpTools& tools, const std::string& file);

// What the file holds of Atoll's own tables.
struct DumpHead {
    StoreFacts facts;
    std::string ledger, digests;  // of the newest batch; "" when there is none
};
// invalid: pg_restore cannot read the file.
Result<DumpHead> read_dump(const DumpTools& tools, const std::string& file);

// In one transaction: what is in the file replaces what has its names in the database.
Result<void> load_dump(const DumpTools& tools, const std::string& file);

}  // namespace reef::store::postgres
