// Makes a file this app's store, or finds out that it is one: at open, in one transaction. Nothing
// here looks at rows unless the app's rules have changed.
#pragma once

#include "store/sqlite/connection.hpp"
#include "store/store.hpp"

namespace reef::store::sqlite {

inline constexpr std::int64_t format = 1;  // of the files that this version writes

// invalid: another node's store, a newer version's, another program's; fields removed or of another
// type; rows that break the app's new rules.
Result<void> prepare_file(Connection& connection, const Schema& schema,
                          const StoreOptions& options);

}  // namespace reef::store::sqlite
