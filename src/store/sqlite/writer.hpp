// The one connection that writes, and the only one that copies the write-ahead log into the file:
// SQLite 3.40 may lose the log's reset when several do.
#pragma once

#include <memory>

#include "store/sqlite/connection.hpp"
#include "store/writer.hpp"

namespace reef::store::sqlite {

// Beyond the first, on_idle() copies the log; beyond the second, the next batch does before it
// begins, after the clients of the last one have their answers.
inline constexpr int wal_pages_due = 4096;
inline constexpr int wal_pages_max = 4 * wal_pages_due;

// Both must outlive the writer.
Result<std::unique_ptr<Writer>> make_writer(Connection& connection, const Schema& schema);

}  // namespace reef::store::sqlite
