// The batches of a PostgreSQL store: two round trips each, or one for a batch that was decided
// ahead.
#pragma once

#include "store/postgres/connection.hpp"
#include "store/postgres/statements.hpp"
#include "store/writer.hpp"

namespace reef::store::postgres {

std::unique_ptr<Writer> make_writer(asio::any_io_executor executor, const Schema& schema,
                                    const std::vector<RowStatements>& statements,
                                    ConnectionOptions options);

}  // namespace reef::store::postgres
