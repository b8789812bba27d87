// Committed data of a PostgreSQL store.
#pragma once

#include "store/postgres/connection.hpp"
#include "store/postgres/statements.hpp"
#include "store/reader.hpp"

namespace reef::store::postgres {

// Two connections, so that no long list is in the way of a short look-up.
std::unique_ptr<Reader> make_reader(asio::any_io_executor executor, const Schema& schema,
                                    const std::vector<RowStatements>& statements,
                                    const ConnectionOptions& options);

}  // namespace reef::store::postgres
