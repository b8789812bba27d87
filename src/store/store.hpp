// A store keeps one node's rows, its log, and what the committer must remember. It loads and saves;
// it decides nothing, so that SQLite and PostgreSQL cannot differ in behaviour.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "store/identity.hpp"
#include "store/instance_lease.hpp"
#include "store/reader.hpp"
#include "store/writer.hpp"

namespace reef::store {

using namespace model;

class Store {
public:
    virtual ~Store() = default;
    virtual std::unique_ptr<Writer> open_writer(asio::any_io_executor on) = 0;  // at most one
    virtual std::unique_ptr<Reader> open_reader(asio::any_io_executor on) = 0;
    // As it was when the store was opened.
    virtual StorageIdentity identity() const { return {}; }
    // Null: no other process can open this store. At most one.
    virtual std::unique_ptr<InstanceLease> open_lease(asio::any_io_executor) { return nullptr; }
};

struct StoreOptions {
    std::string file;                   // SQLite: the path; its folder exists
    std::string url = {};               // PostgreSQL: postgresql://user:password@host:5432/name
    std::string node;                   // the origin's name; the incarnation is made with the store
    std::string incarnation;            // of a new store: random, given by the caller
    bool fresh = false;                 // what is there is thrown away
    std::uint64_t cache_kib = 8 << 10;  // SQLite's page cache, of the writer
    // Of a read replica: a commit need not be durable, since whatever is lost comes again. Tables
    // of another program are refused rather than taken over, and `fresh` throws them away as well.
    bool replica = false;
};

// Opens or creates. invalid: what is there is not this app's (another node's store, columns of
// another shape), or a newer version's. unavailable: locked by another process, no such folder, the
// database cannot be reached.
Result<std::unique_ptr<Store>> open_sqlite(const Schema& schema, StoreOptions options);
Result<std::unique_ptr<Store>> open_postgres(const Schema& schema, StoreOptions options);

}  // namespace reef::store
