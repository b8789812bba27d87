// A copy of a node's store in one file: taken while the node serves, put back while it does not.
// Both block their thread for as long as that takes.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "store/store.hpp"

namespace reef::store {

// What a copy says of itself.
struct CopyContents {
    OriginId origin = {};       // as which the store writes
    Position position = {};     // per origin the last write that is in it
    std::uint64_t records = 0;  // the living ones, of all resources
    std::uint64_t bytes = 0;    // of the file
};

struct BackupOptions {
    std::string copy = {};
    bool replace = false;              // what has the copy's name already
    std::uint32_t piece_pages = 1024;  // SQLite: what is copied between two calls of `progress`
    std::function<void(std::uint64_t done, std::uint64_t of)> progress = {};  // SQLite: pages
};

// All of it is of one moment, and it was read back. conflict: the copy's name is taken. invalid:
// the store is another node's or another app's. unavailable: there is no such store, or the copy
// cannot be written.
Result<CopyContents> back_up_sqlite(const Schema& schema, const StoreOptions& store,
                                    const BackupOptions& options);
Result<CopyContents> back_up_postgres(const Schema& schema, const StoreOptions& store,
                                      const BackupOptions& options);

struct RestoreOptions {
    std::string copy = {};
    std::string keep_as = {};  // the file that gets what was there before; "": it is lost
};

struct Restored {
    CopyContents contents = {};
    bool kept = false;  // there was something
};

// A restore that fails leaves the store as it was. invalid: the copy is damaged, or it is of
// another node, another app, or a newer version. unavailable: the store is in use, or cannot be
// written.
Result<Restored> restore_sqlite(const Schema& schema, const StoreOptions& store,
                                const RestoreOptions& options);
Result<Restored> restore_postgres(const Schema& schema, const StoreOptions& store,
                                  const RestoreOptions& options);

// What a store says of itself by name, in atoll_meta: "format", "fields.properties".
using StoreFacts = std::map<std::string, std::string>;
// Whether a store can be that of this node of this app. `where` names it in messages.
Result<void> check_facts(const Schema& schema, const std::string& node, const StoreFacts& facts,
                         std::int64_t format_max, const std::string& where);
// conflict: the copy's name is taken.
Result<void> check_name(const BackupOptions& options);

}  // namespace reef::store
