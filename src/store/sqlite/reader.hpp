// A connection that only reads. No read leaves a transaction open: an open one would keep the
// write-ahead log from being reset.
#pragma once

#include <memory>

#include "store/reader.hpp"
#include "store/sqlite/connection.hpp"

namespace reef::store::sqlite {

// The schema must outlive the reader.
std::unique_ptr<Reader> make_reader(std::unique_ptr<Connection> connection, const Schema& schema);

}  // namespace reef::store::sqlite
