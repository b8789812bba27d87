// A node's store: SQLite in its data folder, or the PostgreSQL database that the app file or the
// environment names.
#pragma once

#include <memory>

#include "node/node.hpp"
#include "store/store.hpp"

namespace reef::node {

// A database that is away is waited for: meanwhile the node's port answers 503 to everything but
// /livez, and `options.listen` gets the port that it was given. Ends with `closed` when
// options.stop_asked says so.
Result<std::unique_ptr<store::Store>> open_store(const config::App& app, NodeOptions& options);

}  // namespace reef::node
