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

// Six letters and digits: names a life of a store, or a process.
std::string random_name();
// Where the node remembers its store, apart from it: "DATA/marks/us.mark".
std::string mark_file(const config::App& app, const NodeOptions& options);

}  // namespace reef::node
